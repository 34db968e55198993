#!/bin/sh
# Validates docker-compose.yml with every Compose that is installed, because the documentation states that both "docker compose"
# and the old "docker-compose" work. In CI, as root on Debian, installs one if there is none. Needs no Docker engine. Fails when one
# of them rejects the file. If there is none, prints this and succeeds.
set -eu
cd "$(dirname "$0")/.."

used=''

# validate COMMAND...
validate() {
  "$@" version >/dev/null 2>&1 || return 0
  if ! "$@" -f docker-compose.yml config -q; then
    echo "docker-compose.yml is refused by $* ($("$@" version --short))" >&2
    exit 1
  fi
  echo "docker-compose.yml is valid for $* ($("$@" version --short))"
  used=yes
}

validate_all() {
  validate docker compose
  validate docker-compose
}

fetchable() {
  [ "${CI:-}" = true ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null
}

fetch() {
  echo 'Fetching docker-compose from the system packages'
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends docker-compose; } >/dev/null 2>&1
}

validate_all
if [ -z "$used" ] && fetchable; then
  if fetch; then validate_all; else echo 'docker-compose could not be fetched' >&2; fi
fi
if [ -z "$used" ]; then
  echo 'docker-compose.yml is not validated: there is neither "docker compose" nor "docker-compose" here'
fi
