#!/bin/sh
# A script that needs one secret: sh script.sh op://Demo/DATABASE_URL/password
# A variable without `export` stays in this shell: no program that the script starts finds it in its environment.
set -eu
reference=${1:-op://Demo/DATABASE_URL/password}

# Without a terminal `postern read` prints the value alone; the match code of a prompt goes to stderr.
# The exit code says why there is none: 3 is a locked account, 4 a person's no, 5 nothing to find.
secret=$(postern read "$reference") || {
  code=$?
  echo "not read: postern ended with $code" >&2
  exit "$code"
}

# Hand it over on standard input, never as an argument: every process of this machine can see those.
printf %s "$secret" | wc -c
