#!/bin/sh
# A script that needs one secret: sh script.sh op://Demo/DATABASE_URL/password
# A variable without `export` stays in this shell. Programs that the script starts do not get it.
set -eu
reference=${1:-op://Demo/DATABASE_URL/password}

# Without a terminal `postern read` prints the value alone. The match code of a prompt goes to stderr.
# The exit code says why a read failed: 3 is a locked account, 4 a person's no, 5 a missing item.
secret=$(postern read "$reference") || {
  code=$?
  echo "not read: postern ended with $code" >&2
  exit "$code"
}

# Pass it on standard input and never as an argument. Every process of this machine can see arguments.
printf %s "$secret" | wc -c
