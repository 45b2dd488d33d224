#!/bin/sh
# node_modules is a volume and may be older than this image, or empty: make it what the lock file says.
set -eu
if ! node installed.mjs; then
    echo 'entrypoint: node_modules differs from package-lock.json, running npm ci'
    npm ci
fi
exec "$@"
