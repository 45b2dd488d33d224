#!/bin/sh
# Fills the running stack with data: stack/seed.sh [--small] [options of `manage.py seed`]
#   --small   2 MiB of uploads and 1,000 log lines instead of 100 MiB and 10,000
# Which stack: COMPOSE_PROJECT_NAME, COMPOSE_FILE and VOLUME_PREFIX as for docker compose itself.
# It adds only what is missing, so it is safe to repeat.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
: "${COMPOSE_FILE:=$root/docker-compose.yml}"
export COMPOSE_FILE

lines=10000
if [ "${1:-}" = --small ]; then
    shift
    set -- --uploads-mb 2 "$@"
    lines=1000
fi

docker compose exec -T proxy seed-logs "$lines"
docker compose exec -T backend python manage.py seed "$@"
