#!/bin/sh
# Runs in a helper beside a container of Redis (or Valkey, KeyDB), in its network, with its volume at /volume:
#     session.sh VERB ARGUMENT…
# `connect` comes first: it finds a port of those in `ports` where a server answers, and the password of those in
# `passwords` that opens it, which it leaves in `password`. Programs get it as REDISCLI_AUTH, never as an argument.
# Exit codes: 71 no server ready in time, 72 it refuses us, 1 anything else; reason on stderr.
# shellcheck shell=sh disable=SC1091,SC2154 # what is read lies beside this file only where it runs
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

# knock: ask without a password, then with each. 0 when one is let in; `answer` is what was said first, and
# REDISCLI_AUTH stays set. INFO is answered by a server that loads, or whose last save failed, too; PING is not.
knock() {
    unset REDISCLI_AUTH
    : >"$state/password"
    answer=$(cli INFO server 2>&1 </dev/null) || return 1
    case $answer in *redis_version*) return 0 ;; esac
    while IFS= read -r REDISCLI_AUTH; do
        export REDISCLI_AUTH
        case $(cli INFO server 2>/dev/null </dev/null) in
            *redis_version*)
                printf '%s\n' "$REDISCLI_AUTH" >"$state/password"
                return 0
                ;;
        esac
    done <"$state/passwords"
    return 1
}

# find_server: a port of those known at which a server answers that has its data in memory.
find_server() {
    answer="nothing listens on port $(tr '\n' ' ' <"$state/ports")"
    while read -r port; do
        for host in $(hosts "$port"); do
            if knock; then
                cli INFO persistence </dev/null | grep -q '^loading:1' || return 0
                answer="it is still loading its data"
            fi
        done
    done <"$state/ports"
    return 1
}

# connect WAIT_S
connect() {
    find_programs
    until=$(($(date +%s) + $1))
    until find_server; do
        case $answer in NOAUTH* | WRONGPASS* | NOPERM* | *'AUTH failed'*) fail 72 "$answer" ;; esac
        [ "$(date +%s)" -lt "$until" ] || fail 71 "$answer"
        sleep 0.3
    done
    printf '%s\n' "$family" "$host" "$port" >"$state/server"
    cli INFO server
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
    counts) cat "$state/replies" && echo 'check:' && cat "$state/check" && echo && echo 'that is all' ;;
    ask)
        known
        cli "$@"
        ;;
    *) fail 1 "no such verb: $verb" ;;
esac
