#!/bin/sh
# Runs in a helper beside a PostgreSQL container, in its network and process namespaces:
#     session.sh VERB WAIT_S ARGUMENT…
# Finds the running server, its port and its own client programs, and takes user and password from the
# environment of the container's first process. The password becomes PGPASSWORD of the processes started here
# and nothing else: no file, no argument, no output.
# Exit codes: 71 no server ready within WAIT_S seconds, 72 it refuses us, 1 anything else; reason on stderr.
. "${0%/*}/beside.sh"
unset PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGPASSFILE PGDATABASE PGSERVICE PGSERVICEFILE PGOPTIONS PGCLIENTENCODING

# variable NAME: its value in the environment of the container's first process; it may hold newlines.
variable() {
    tr '\n\000' '\001\n' </proc/1/environ | sed -n "s/^$1=//p" | tr '\001' '\n'
}

# given NAME…: the value of the first of these that is set, itself or by a file that NAME_FILE names.
given() {
    for name; do
        value=$(variable "$name")
        if [ -z "$value" ]; then
            file=$(variable "${name}_FILE")
            if [ -n "$file" ]; then
                value=$(cat "$(inside "$file")") || fail 72 "cannot read $file, which ${name}_FILE names"
            fi
        fi
        if [ -n "$value" ]; then
            printf '%s' "$value"
            return
        fi
    done
}

# The postmaster works in its data directory, where postmaster.pid holds its own number (storage-file-layout).
find_server() {
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe" 2>/dev/null) in
            */postgres | */postmaster | */postgres' (deleted)') ;;
            *) continue ;;
        esac
        server=${process#/proc/}
        data=$(readlink "$process/cwd") || continue
        file=$process/root$data/postmaster.pid
        [ "$(sed -n 1p "$file" 2>/dev/null)" = "$server" ] || continue
        binaries=$(readlink "$process/exe")
        binaries=${binaries%/*}
        port=$(sed -n 4p "$file")
        sockets=$(sed -n 5p "$file")
        listens=$(sed -n 6p "$file")
        [ -n "$port" ] || continue
        [ -x "$binaries/pg_dump" ] || fail 1 "the container has no pg_dump beside its server in $binaries"
        return 0
    done
    return 1
}

# While images like the official one prepare a new cluster, a server without TCP runs below their entrypoint.
being_made() {
    [ -z "$listens" ] && [ "$server" != 1 ] && cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\000' '\n' | grep -q '[e]ntrypoint'
}

# Hosts to try, one a line: loopback where the server listens there, the socket's directory else.
hosts() {
    case $listens in
        '') ;;
        '*' | 0.0.0.0 | localhost | 127.*) echo 127.0.0.1 ;;
        '::') echo ::1 ;;
        *) echo "$listens" ;;
    esac
    [ -z "$sockets" ] || { inside "$sockets"; echo; }
}

wait_for_server() {
    until=$(($(date +%s) + $1))
    while :; do
        why="no PostgreSQL server runs in it"
        if find_server; then
            if being_made; then
                why="its first start has not ended"
            else
                for host in $(hosts); do
                    said=$("$binaries/pg_isready" -h "$host" -p "$port") && return
                    why=${said#*"$port" - }
                done
            fi
        fi
        [ "$(date +%s)" -lt "$until" ] || fail 71 "$why"
        sleep 0.3
    done
}

# conninfo DATABASE: a connection string, since a bare name with "=" in it would be taken for one.
conninfo() {
    printf "dbname='%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"
}

# ask DATABASE OPTION…: psql whose output is read by a program.
ask() {
    database=$(conninfo "$1")
    shift
    PGCLIENTENCODING=UTF8 "$binaries/psql" -X -q -A -t -w -v ON_ERROR_STOP=1 "$@" -d "$database"
}

reach() {
    PGPORT=$port PGUSER=$(given POSTGRES_USER POSTGRESQL_USERNAME PGUSER) || exit
    PGUSER=${PGUSER:-postgres}
    main=$(given POSTGRES_DB POSTGRESQL_DATABASE PGDATABASE) || exit
    main=${main:-$PGUSER}
    PGPASSWORD=$(given POSTGRES_PASSWORD POSTGRESQL_PASSWORD PGPASSWORD) || exit
    # Inside one network namespace encryption only costs; PGSSLMODE=allow still uses it where it is demanded.
    PGSSLMODE=allow PGGSSENCMODE=disable PGAPPNAME=volops PGCONNECT_TIMEOUT=10
    export PGPORT PGUSER PGHOST PGSSLMODE PGGSSENCMODE PGAPPNAME PGCONNECT_TIMEOUT
    if [ -n "$PGPASSWORD" ]; then export PGPASSWORD; else unset PGPASSWORD; fi
    first=
    for PGHOST in $(hosts); do
        for entry in "$main" postgres template1; do
            if said=$(ask "$entry" -c 'SELECT 1' 2>&1); then return; fi
            first=${first:-$said}
        done
    done
    fail 72 "$first"
}

# describe: what the server is and has, as JSON lines.
describe() {
    ask "$entry" -v main="$main" -v data="$data" -f "$state/describe.sql"
    # The two databases every cluster has are worth a dump only when somebody used them.
    for database in postgres template1; do
        ask "$database" -f "$state/pristine.sql" 2>/dev/null || :
    done
    cd "/proc/$server/root$data"
    find . -maxdepth 1 -type f -size -2048 ! -name PG_VERSION ! -name 'postmaster.*' ! -name current_logfiles \
        ! -name 'backup_*' ! -name 'tablespace_map*' ! -name '*.signal' ! -name '*.log' ! -name 'core*'
}

# present PATH…: those that are files of the service, one a line.
present() {
    for path; do
        if [ -f "$(inside "$path")" ]; then printf '%s\n' "$path"; fi
    done
}

# ended NAME CODE: say how a program ended.
ended() {
    if [ "$2" -gt 128 ]; then echo "$1 was killed by signal $(($2 - 128))" >&2; else echo "$1 ended with exit code $2" >&2; fi
}

# dump DATABASE TAG LOCK_MS OPTION…: pg_dump to standard output, under a snapshot that a session of ours exports
# and holds, and in which it counts meanwhile; what it found stays behind for `counts TAG`.
dump() {
    name=$1 tag=$2 lock_ms=$3
    shift 3
    mkfifo "$state/$tag.in" "$state/$tag.out"
    ask "$name" -v sequences="$state/$tag.sequences" -v facts="$state/$tag.facts" -v lock_ms="$lock_ms" \
        <"$state/$tag.in" >"$state/$tag.out" 2>"$state/$tag.err" &
    session=$!
    exec 3>"$state/$tag.in" 4<"$state/$tag.out"
    printf '\\i %s\n' "$state/snapshot.sql" >&3
    snapshot=
    read -r snapshot <&4 || :
    exec 4<&-
    code=0
    if [ -n "$snapshot" ]; then
        "$binaries/pg_dump" -w --snapshot="$snapshot" --lock-wait-timeout="$lock_ms" "$@" -d "$(conninfo "$name")" 3>&- || code=$?
        # A count that still runs ends with the dump that failed; psql passes the interrupt on to the server.
        [ "$code" -eq 0 ] || kill -INT "$session" 2>/dev/null || :
    fi
    exec 3>&-
    counted=0
    wait "$session" || counted=$?
    if [ "$code" -ne 0 ]; then
        ended pg_dump "$code"
        exit 1
    fi
    if [ "$counted" -ne 0 ]; then
        cat "$state/$tag.err" >&2
        ended "the session that held the snapshot" "$counted"
        exit 1
    fi
}

verb=$1
wait_for_server "$2"
shift 2
reach
case $verb in
    describe) describe ;;
    present) present "$@" ;;
    globals)
        code=0
        "$binaries/pg_dumpall" -w --globals-only --lock-wait-timeout="$1" -l "$(conninfo "$entry")" ${2:+"$2"} || code=$?
        [ "$code" -eq 0 ] || { ended pg_dumpall "$code"; exit 1; }
        ;;
    dump) dump "$@" ;;
    counts) cat "$state/$1.sequences" "$state/$1.facts" ;;
    sql) ask "$1" -f - ;;
    *) fail 1 "no such verb: $verb" ;;
esac
