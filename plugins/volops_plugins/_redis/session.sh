#!/bin/sh
# Runs in a helper beside a container of Redis (or Valkey, KeyDB), in its network and process namespaces:
#     session.sh VERB ARGUMENT…
# `connect` comes first: it finds the server and the password that opens it, among what standard input
# proposes and what configuration files say, and leaves both in this private directory in memory.
# Programs get the password as REDISCLI_AUTH, never as an argument.
# Exit codes: 71 no server ready in time, 72 it refuses us, 1 anything else; reason on stderr.
. "${0%/*}/beside.sh"
unset REDISCLI_AUTH

# The server is the oldest process of that name: a child that saves has it, too.
find_server() {
    server=
    for process in /proc/[0-9]*; do
        name=$(cat "$process/comm" 2>/dev/null) || continue
        case $name in redis-server | valkey-server | keydb-server) ;; *) continue ;; esac
        if [ -z "$server" ] || [ "${process#/proc/}" -lt "$server" ]; then
            server=${process#/proc/} family=${name%-server}
        fi
    done
    [ -n "$server" ] || return 1
    program=$(readlink "/proc/$server/exe") || return 1
    binaries=${program%/*}
    directory=$(readlink "/proc/$server/cwd") || return 1
    # Its title is "redis-server ADDRESS:PORT"; where titles are off, the arguments are still there.
    title=$(tr '\000' ' ' <"/proc/$server/cmdline")
    address=$(printf '%s' "$title" | sed -n 's/^[^ ]* \([^ ]*\):\([0-9][0-9]*\)\( .*\)*$/\1 \2/p')
    host=${address% *} port=${address##* }
    case $host in '' | '*' | 0.0.0.0 | '::' | '[::]') host=127.0.0.1 ;; esac
    [ -n "$port" ] || port=$(printf '%s' "$title" | sed -n 's/.* --port \([0-9][0-9]*\).*/\1/p')
}

cli() {
    "$binaries/$family-cli" -h "$host" -p "$port" "$@"
}

# passwords_of FILE: what a configuration or ACL file sets for the default user, one a line.
passwords_of() {
    file=$(inside "$1")
    [ -f "$file" ] || return 0
    sed -n -e 's/^[[:space:]]*requirepass[[:space:]]*//p' \
        -e 's/^[[:space:]]*user default .*[[:space:]]>\([^[:space:]]*\).*/\1/p' "$file" |
        sed -e 's/[[:space:]]*$//' -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/" -e 's/\\\(["\\]\)/\1/g'
    sed -n 's/^[[:space:]]*aclfile[[:space:]]*//p' "$file" | tr -d "\"'" | while read -r other; do
        [ "$other" = "$1" ] || passwords_of "$other"
    done
}

# Proposals on standard input, one a line: port NUMBER, password TEXT, file PATH, config PATH.
read_proposals() {
    : >"$state/candidates"
    proposed=
    while IFS= read -r line; do
        value=${line#* }
        case $line in
            'port '*) proposed=$value ;;
            'password '*) printf '%s\n' "$value" ;;
            'file '*) cat "$(inside "$value")" 2>/dev/null && echo || : ;;
            'config '*) passwords_of "$value" ;;
        esac >>"$state/candidates"
    done
    for value in /etc/redis/redis.conf /etc/redis.conf /usr/local/etc/redis/redis.conf /opt/bitnami/redis/etc/redis.conf \
        /etc/valkey/valkey.conf /usr/local/etc/valkey/valkey.conf /opt/bitnami/valkey/etc/valkey.conf; do
        passwords_of "$value"
    done >>"$state/candidates"
}

# knock: try without a password, then with each proposed one. 0 in, 71 not now, 72 refused; `answer` says why.
knock() {
    unset REDISCLI_AUTH
    : >"$state/password"
    answer=$(cli PING 2>&1) || return 71
    first=$answer
    while [ "$answer" != PONG ] && IFS= read -r candidate; do
        [ -n "$candidate" ] || continue
        answer=$(REDISCLI_AUTH=$candidate cli PING 2>&1 | tail -n 1) || return 71
        printf '%s' "$candidate" >"$state/password"
    done <"$state/candidates"
    case $answer in
        PONG) return 0 ;;
        LOADING* | BUSY*) return 71 ;;
    esac
    case $first in LOADING*) return 71 ;; esac
    answer=$first
    return 72
}

connect() {
    read_proposals
    until=$(($(date +%s) + $1))
    while :; do
        result=71 answer="no Redis server runs in it"
        if find_server; then
            port=${port:-${proposed:-6379}}
            result=0
            knock || result=$?
        fi
        [ "$result" -eq 71 ] && [ "$(date +%s)" -lt "$until" ] || break
        sleep 0.3
    done
    rm -f "$state/candidates"
    [ "$result" -eq 0 ] || fail "$result" "$answer"
    printf '%s\n' "$server" "$family" "$binaries" "$directory" "$host" "$port" >"$state/server"
    known
    answer=$(cli INFO server)
    case $answer in *redis_version*) ;; *) fail 72 "$answer" ;; esac
    printf '%s\n' "$answer"
    cli INFO persistence
    cli INFO replication
    printf 'directory:%s\nfile:%s\n' "$directory" "$(file_name)"
}

# What `connect` found.
known() {
    {
        read -r server
        read -r family
        read -r binaries
        read -r directory
        read -r host
        read -r port
    } <"$state/server"
    REDISCLI_AUTH=$(cat "$state/password")
    if [ -n "$REDISCLI_AUTH" ]; then export REDISCLI_AUTH; else unset REDISCLI_AUTH; fi
}

# Administrators may have taken CONFIG away; then it is the default name.
file_name() {
    name=$(cli CONFIG GET dbfilename | sed -n 2p)
    printf '%s' "${name:-dump.rdb}"
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
