#!/bin/sh
# A program with the variables of a named environment: sh environment.sh staging node server.js
# Everybody who may read the environment has the same variables, and there is no .env file.
#   postern env import staging .env
set -eu
environment=${1:-staging}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- env

# With `exec` the program replaces this script, so it gets the signals itself, and its exit code counts.
exec postern env run "$environment" -- "$@"
