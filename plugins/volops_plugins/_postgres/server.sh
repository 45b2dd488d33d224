#!/bin/sh
# Runs in a helper of a service's image, as the user of its servers:
#     server.sh start DATA LOG SECONDS POSTGRES OPTION…   until it takes connections
#     server.sh stop DATA LOG SECONDS PG_CONTROLDATA      until all is in its files
# Says on standard output what it has to complain of itself, and on standard error what the server has logged since.
# pg_ctl does the same, but looks only ten times a second. What it goes by: line 1 of postmaster.pid is the process,
# line 8 its state (storage-file-layout; miscadmin.h, LOCK_FILE_LINE_PM_STATUS). POSIX sh, for alpine images.
set -u
verb=$1 data=$2 log=$3 until=$(($(date +%s) + $4)) program=$5
shift 5
logged=$(($(wc -c <"$log") + 1))

failed() {
    [ -z "$1" ] || echo "$1"
    tail -c "+$logged" "$log" | tail -n 50 >&2
    exit 1
}

line() { sed -n "$1p" "$data/postmaster.pid" 2>/dev/null; }

# One that has ended stays a zombie: who started it is gone, and the helper's first program waits for nobody.
runs() {
    read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" && [ "$state" != Z ]
}

wait_a_moment() {
    [ "$(date +%s)" -lt "$until" ] || failed 'it takes too long'
    sleep 0.02
}

case $verb in
    start)
        "$program" -D "$data" "$@" </dev/null >>"$log" 2>&1 &
        server=$!
        while runs "$server"; do
            case $(line 1):$(line 8) in "$server:ready"* | "$server:standby"*) exit 0 ;; esac
            wait_a_moment
        done
        failed ''
        ;;
    stop)
        server=$(line 1)
        # "Fast": sessions are ended (server-shutdown).
        [ -n "$server" ] && kill -INT "$server" || { logged=1; failed 'it does not run any more'; }
        while [ -e "$data/postmaster.pid" ] && runs "$server"; do wait_a_moment; done
        # It removes that file also when its last checkpoint failed.
        LC_ALL=C "$program" -D "$data" | grep -q '^Database cluster state: *shut down$' ||
            failed 'it did not stop cleanly'
        ;;
esac
