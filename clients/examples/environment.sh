#!/bin/sh
# A program with the variables of a named environment: sh environment.sh staging node server.js
# Everybody who may read the environment has the same variables, and no .env file lies about.
#   postern env import staging .env
set -eu
environment=${1:-staging}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- env

# `exec`: the program takes the place of this script, so signals and its exit code are its own.
exec postern env run "$environment" -- "$@"
