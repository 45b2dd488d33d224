#!/bin/bash
# Starts as root only to make the mounted directories usable, then becomes the app user for good.
set -Eeuo pipefail

log=/app/logs/django.log

if [[ $(id -u) == 0 ]]; then
    # ./backend/logs belongs to whoever checked the project out, so only the log file itself becomes ours.
    if touch "$log" 2>/dev/null; then chown app:app "$log" || true; fi
    # A volume that something else made first is an empty directory of root. One with content keeps its owner.
    for directory in /app/media /app/staticfiles; do
        if [[ -z $(ls -A "$directory") ]]; then chown app:app "$directory"; fi
    done
    exec setpriv --reuid=app --regid=app --init-groups env HOME=/app "$0" "$@"
fi

if [[ ${1:-} == gunicorn ]]; then
    python manage.py prepare
fi
exec "$@"
