#!/bin/sh
# Runs in a helper: follow.sh FILE END PROGRAM ARGUMENT…
# Gives PROGRAM the lines of FILE, which others append to, until the line END. It starts with the first line.
# A file, not a pipe: nobody who has something to say ever waits for PROGRAM, or for one that ended.
set -u
file=$1 end=$2
shift 2

until [ -s "$file" ]; do sleep 0.02; done

lines() {
    while :; do
        while IFS= read -r line; do
            [ "$line" != "$end" ] || return 0
            printf '%s\n' "$line" || return 0
        done
        sleep 0.02
    done
}
lines <"$file" | "$@"
