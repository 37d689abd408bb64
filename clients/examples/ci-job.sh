#!/bin/sh
# A CI job without a person. The CI's own store of secrets holds the token, under POSTERN_SERVICE_ACCOUNT_TOKEN:
#   postern service-account create CI --vault Demo:read_items --expires-in 30d
set -eu

# A CI gives no secrets to the pull request of a fork: the variable is empty there.
if [ -z "${POSTERN_SERVICE_ACCOUNT_TOKEN:-}" ]; then
  echo "no token: set POSTERN_SERVICE_ACCOUNT_TOKEN" >&2
  exit 2
fi

# The program gets the secret in its environment. It does not get the token, and the secret is masked in its output.
export DATABASE_URL=op://Demo/DATABASE_URL/password
[ $# -gt 0 ] || set -- env
exec postern run -- "$@"
