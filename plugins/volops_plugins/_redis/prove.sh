#!/bin/sh
# Runs in a helper of a Redis image, without network, on a copy of what was loaded, as the server's own user:
#     prove.sh SERVER CHECKER DIRECTORY FILE MODE SETTING…
# Starts a server on DIRECTORY that nobody can reach, says how many keys it has, and ends it without saving.
# MODE is yes or no: whether it reads its append-only file. Reason on standard error.
set -eu
umask 077
LC_ALL=C
export LC_ALL
unset REDISCLI_AUTH
server=$1 checker=$2 directory=$3 file=$4 mode=$5
shift 5
state=$(mktemp -d /tmp/proof.XXXXXX)
cli() { "${server%-server}-cli" -s "$state/socket" "$@"; }

"$server" --port 0 --unixsocket "$state/socket" --dir "$directory" --dbfilename "$file" --appendonly "$mode" --save '' \
    --auto-aof-rewrite-percentage 0 --appendfsync no --logfile "$state/log" --pidfile '' --daemonize no "$@" \
    >"$state/out" 2>&1 </dev/null &
process=$!
while :; do
    case $(cli PING 2>/dev/null) in PONG) break ;; esac
    if ! kill -0 "$process" 2>/dev/null; then
        cat "$state/out" "$state/log" 2>/dev/null | grep -v '^ *[`._|-]' | tail -n 20 >&2
        exit 1
    fi
    sleep 0.1
done
cli INFO keyspace
cli SHUTDOWN NOSAVE >/dev/null 2>&1 || :
wait "$process" || :
# Read after the server did, so that no key has expired for it that has not for the checker.
if [ -n "$checker" ]; then
    "$checker" "$directory/$file" >"$state/check" 2>&1 || { tail -n 1 "$state/check" >&2; exit 1; }
    grep -e 'keys read' -e 'already expired' "$state/check" || :
fi
rm -rf "$state"
