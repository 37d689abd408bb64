#!/bin/sh
# A job of a CI, where no person is. The token lies in the CI's own store of secrets, under POSTERN_SERVICE_ACCOUNT_TOKEN:
#   postern service-account create CI --vault Demo:read_items --expires-in 30d
set -eu

# A CI gives no secrets to the pull request of a fork: the variable is empty there.
if [ -z "${POSTERN_SERVICE_ACCOUNT_TOKEN:-}" ]; then
  echo "no token: set POSTERN_SERVICE_ACCOUNT_TOKEN" >&2
  exit 2
fi

# The program gets the secret in its environment. It does not get the token, and what it prints of the secret is masked.
export DATABASE_URL=op://Demo/DATABASE_URL/password
[ $# -gt 0 ] || set -- env
exec postern run -- "$@"
