#!/bin/sh
# Runs in a helper beside a container of Redis (or Valkey, KeyDB), in its network, with its volume at /volume:
#     session.sh VERB ARGUMENT…
# `connect` comes first: it finds a port of those in `ports` where a server answers, and the password of those in
# `passwords` that opens it, which it leaves in `password`. Programs get it as REDISCLI_AUTH, never as an argument.
# Exit codes: 71 no server ready in time, 72 it refuses us, 1 anything else; reason on stderr.
. "${0%/*}/beside.sh"
unset REDISCLI_AUTH

cli() {
    "$family-cli" -h "$host" -p "$port" "$@"
}

find_programs() {
    for family in redis valkey keydb; do
        if command -v "$family-cli" >/dev/null; then return; fi
    done
    fail 1 "its image has no redis-cli"
}

# knock: try without a password, then with each. Sets `answer`; PONG means in.
knock() {
    : >"$state/password"
    answer=$(cli PING 2>&1 </dev/null) || return 0
    first=$answer
    while [ "$answer" != PONG ] && IFS= read -r password; do
        answer=$(REDISCLI_AUTH=$password cli PING 2>&1 </dev/null | tail -n 1)
        printf '%s\n' "$password" >"$state/password"
    done <"$state/passwords"
    # A server that loads its data says so to everybody; else the first answer tells most.
    case $answer in PONG | LOADING*) ;; *) answer=$first ;; esac
}

# connect WAIT_S
connect() {
    find_programs
    until=$(($(date +%s) + $1))
    answer="nothing listens on port $(tr '\n' ' ' <"$state/ports")"
    while :; do
        while read -r port; do
            for host in $(hosts "$port"); do
                knock
                [ "$answer" != PONG ] || break 3
            done
        done <"$state/ports"
        case $answer in NOAUTH* | WRONGPASS* | NOPERM* | *'AUTH failed'*) fail 72 "$answer" ;; esac
        [ "$(date +%s)" -lt "$until" ] || fail 71 "$answer"
        sleep 0.3
    done
    printf '%s\n' "$family" "$host" "$port" >"$state/server"
    known
    answer=$(cli INFO server)
    case $answer in *redis_version*) ;; *) fail 72 "$answer" ;; esac
    printf '%s\n' "$answer"
    cli INFO persistence
    cli INFO replication
    # Administrators may have taken CONFIG away: then nothing is said of these.
    for name in dir dbfilename appenddirname appendfilename; do
        printf '%s:%s\n' "config_$name" "$(cli CONFIG GET "$name" | sed -n 2p)"
    done
    echo "family:$family"
}

# What `connect` found.
known() {
    {
        read -r family
        read -r host
        read -r port
    } <"$state/server"
    IFS= read -r REDISCLI_AUTH <"$state/password" || :
    if [ -n "$REDISCLI_AUTH" ]; then export REDISCLI_AUTH; else unset REDISCLI_AUTH; fi
}

verb=$1
shift
case $verb in
    connect) connect "$@" ;;
    save)
        known
        . "$state/save.sh"
        save "$@"
        ;;
    counts) cat "$state/replies" && echo 'check:' && cat "$state/check" ;;
    ask)
        known
        cli "$@"
        ;;
    *) fail 1 "no such verb: $verb" ;;
esac
