#!/bin/sh
# Runs in a helper: follow.sh FILE END PROGRAM ARGUMENT…
# Gives PROGRAM the lines of FILE, which others append to, until the line END. It starts with the first line.
# A file, not a pipe: nobody who has something to say ever waits for PROGRAM, or for one that ended.
set -u
file=$1 end=$2
shift 2

until [ -s "$file" ]; do sleep 0.02; done

lines() {
    part=
    while :; do
        # At the end of the file `read` gives what is there of a line that is still being written.
        while IFS= read -r more || { part=$part$more; false; }; do
            line=$part$more part=
            [ "$line" != "$end" ] || return 0
            printf '%s\n' "$line" || return 0
        done
        sleep 0.02
    done
}
lines <"$file" | "$@"
