#!/bin/sh
# Runs in a helper beside a PostgreSQL container, in its network, with its volume at /volume:
#     session.sh VERB ARGUMENT…
# Beside it lie `settings` (user, main, port, wait_s) and `pgpass` with the password (libpq-pgpass): it is in no
# argument, no variable and no output. Finds the server's port and the client programs of its own version.
# Exit codes: 71 no server ready within wait_s seconds, 72 it refuses us, 1 anything else; reason on stderr.
# shellcheck shell=sh disable=SC1091,SC2154 # what is read lies beside this file only where it runs
. "${0%/*}/beside.sh"
unset PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE PGSERVICEFILE PGOPTIONS PGCLIENTENCODING
. "$state/settings"

# find_cluster: that on the volume whose server was started last; postmaster.pid has the start time in line 3 and
# the port in line 4 (storage-file-layout). None at all when the server keeps its data elsewhere.
find_cluster() {
    cluster='' major='*' newest=0
    IFS='
'
    # shellcheck disable=SC2044 # in a pipeline the loop would lose its variables
    for file in $(find /volume -maxdepth 4 '(' -name .volops -o -name base -o -name global -o -name 'pg_*' ')' -prune -o -name postmaster.pid -print); do
        started=$(sed -n 3p "$file")
        if [ "${started:-0}" -gt "$newest" ]; then
            newest=$started cluster=${file%/*}
        fi
    done
    unset IFS
    [ -n "$cluster" ] || return 0
    major=$(cat "$cluster/PG_VERSION")
    port=$(sed -n 4p "$cluster/postmaster.pid")
}

# find_programs MAJOR: the directory with the client programs of that version ("*": of any).
find_programs() {
    places=/usr/lib/postgresql/$1/bin:/usr/pgsql-$1/bin:/usr/libexec/postgresql$1:/opt/bitnami/postgresql/bin:$PATH
    IFS=:
    for binaries in $places; do
        [ -x "$binaries/psql" ] || continue
        case $("$binaries/pg_dump" --version 2>/dev/null) in *') '$1[!0-9]*) unset IFS; return 0 ;; esac
    done
    unset IFS
    fail 1 "its image has no pg_dump of version $1"
}

wait_for_server() {
    until=$(($(date +%s) + wait_s))
    while :; do
        find_cluster
        find_programs "$major"
        why="nothing listens on port ${port:=5432}"
        for PGHOST in $(hosts "$port"); do
            said=$("$binaries/pg_isready" -h "$PGHOST" -p "$port") && return
            why=${said#*"$port" - }
        done
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

# Inside one network namespace encryption only costs; PGSSLMODE=allow still uses it where it is demanded.
connection() {
    PGPORT=$port PGUSER=$user PGPASSFILE=$state/pgpass
    PGSSLMODE=allow PGGSSENCMODE=disable PGAPPNAME=volops PGCONNECT_TIMEOUT=10
    export PGHOST PGPORT PGUSER PGPASSFILE PGSSLMODE PGGSSENCMODE PGAPPNAME PGCONNECT_TIMEOUT
}

# unhindered: what a role or a database limits its sessions by is not in the way of those that follow. What a client
# asks for comes before that; the last two came with 14 and 17. Nor do event triggers write while we read or load, from
# 17 on and where we are a superuser: whoever else asks for that is refused.
unhindered() {
    PGOPTIONS='-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0'
    case $major in '*' | 1[0-3]) ;; *) PGOPTIONS="$PGOPTIONS -c idle_session_timeout=0" ;; esac
    case $major in '*' | 1[0-6]) superuser= ;; *) PGOPTIONS="$PGOPTIONS -c transaction_timeout=0" ;; esac
    [ "$superuser" != t ] || PGOPTIONS="$PGOPTIONS -c event_triggers=off"
    export PGOPTIONS
}

# reach: connect to any database in which one can ask what there is. From then on `major` is the server's version,
# `roomy` whether we may have more sessions at once (t) than the two of a dump and one that is just about to end, and
# `superuser` whether we are one (t).
reach() {
    first=
    for entry in "$main" postgres template1; do
        if said=$(ask "$entry" -F ' ' -c "SELECT pg_catalog.current_setting('server_version_num')::int / 10000,
            r.rolsuper OR (r.rolconnlimit NOT BETWEEN 0 AND 3 AND d.datconnlimit NOT BETWEEN 0 AND 3), r.rolsuper
            FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
            WHERE r.rolname = session_user AND d.datname = pg_catalog.current_database()" 2>"$state/refused"); then
            if [ "$major" = '*' ]; then find_programs "${said%% *}"; fi
            major=${said%% *} superuser=${said##* } roomy=${said% *}
            roomy=${roomy#* }
            return
        fi
        first=${first:-$(cat "$state/refused")}
    done
    fail 72 "$first"
}

# pristine: as JSON lines, which of the two databases that every cluster has nobody used: only others are worth a dump.
# Of one that cannot be asked "! NAME WHY": it may only have been full.
pristine() {
    for each in postgres template1; do
        ask "$each" -f "$state/pristine.sql" 2>"$state/unasked" || {
            why=$(grep -i 'error:' "$state/unasked" | head -n 1)
            printf '! %s %s\n' "$each" "${why#psql: error: }"
        }
    done >"$state/pristine"
}

# describe: what the server is and has, as JSON lines.
describe() {
    if [ "$roomy" = t ]; then pristine & fi
    ask "$entry" -v main="$main" -v place="${cluster#/volume}" -v on_volume="${cluster:+yes}" -v roomy="$roomy" \
        -f "$state/describe.sql"
    if [ "$roomy" = t ]; then wait; else pristine; fi
    cat "$state/pristine"
    [ -n "$cluster" ] || return 0
    cd "$cluster" || exit
    find . -maxdepth 1 -type f -size -2048 ! -name PG_VERSION ! -name 'postmaster.*' ! -name current_logfiles \
        ! -name 'backup_*' ! -name 'tablespace_map*' ! -name '*.signal' ! -name '*.log' ! -name 'core*'
}

# present PATH…: those that are files in the data directory, one a line.
present() {
    for path; do
        if [ -f "$cluster/$path" ]; then printf '%s\n' "$path"; fi
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
        "$binaries/pg_dump" -w --snapshot="$snapshot" --lock-wait-timeout="$lock_ms" "$@" -d "$(conninfo "$name")" \
            2>"$state/$tag.said" 3>&- || code=$?
        # A count that still runs ends with the dump that failed; psql passes the interrupt on to the server.
        [ "$code" -eq 0 ] || kill -INT "$session" 2>/dev/null || :
    fi
    exec 3>&-
    counted=0
    wait "$session" || counted=$?
    # The session's trouble comes first: where it failed of itself, pg_dump's is only what followed.
    if [ "$code" -ne 0 ] || [ "$counted" -ne 0 ]; then grep -v 'user request' "$state/$tag.err" >&2 || :; fi
    if [ -f "$state/$tag.said" ]; then cat "$state/$tag.said" >&2; fi
    [ "$code" -eq 0 ] || { ended pg_dump "$code"; exit 1; }
    [ "$counted" -eq 0 ] || { ended "the session that held the snapshot" "$counted"; exit 1; }
}

# load DATABASE TAG OPTION…: psql, which stops at the first error, with standard input as what is to be loaded.
load() {
    name=$1 tag=$2
    shift 2
    # What somebody else's dump tells psql itself (to connect elsewhere, to run a program) is not done. Only psql of
    # 17.6, 16.10, 15.14 and newer can be told so (CVE-2025-8714).
    if printf '\\restrict %s\n' "$tag" | ask "$name" -f - >/dev/null 2>&1; then set -- -c "\\restrict $tag" "$@"; fi
    # Nothing needs to survive a crash yet.
    PGOPTIONS="$PGOPTIONS -c client_min_messages=warning -c synchronous_commit=off" PGCLIENTENCODING=UTF8
    export PGCLIENTENCODING
    exec "$binaries/psql" -X -q -w -o /dev/null -v ON_ERROR_STOP=1 "$@" -f - -d "$(conninfo "$name")"
}

# evicting DATABASE FIRST SECOND: run standard input in DATABASE, while all sessions of the databases FIRST and SECOND
# are ended again and again: what renames or drops a database locks new ones out, and waits 5 s for the others to go.
evicting() {
    first=$2 second=$3
    cat >"$state/statements"
    ask "$1" -f "$state/statements" &
    working=$!
    while kill -0 "$working" 2>/dev/null; do
        printf '%s\n' "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname IN (:'first', :'second') AND pid <> pg_backend_pid()" |
            ask "$1" -v first="$first" -v second="$second" -f - >/dev/null 2>&1 || :
        sleep 0.1
    done
    wait "$working"
}

# known: what `describe` found, for what comes after it.
known() {
    {
        read -r major
        read -r roomy
        read -r superuser
        read -r cluster
        read -r binaries
        read -r PGHOST
        read -r port
        IFS= read -r entry
    } <"$state/found"
    connection
}

verb=$1
shift
if [ "$verb" = describe ]; then
    wait_for_server
    connection
    superuser=
    unhindered
    reach
    printf '%s\n' "$major" "$roomy" "$superuser" "$cluster" "$binaries" "$PGHOST" "$port" "$entry" >"$state/found"
else
    known
fi
unhindered
case $verb in sql | load | evicting) PGOPTIONS="$PGOPTIONS -c default_transaction_read_only=off" ;; esac
case $verb in
    describe) describe ;;
    present) present "$@" ;;
    globals)
        code=0
        "$binaries/pg_dumpall" -w --globals-only --lock-wait-timeout="$1" -l "$(conninfo "$entry")" ${2:+"$2"} || code=$?
        [ "$code" -eq 0 ] || { ended pg_dumpall "$code"; exit 1; }
        ;;
    dump) dump "$@" ;;
    counts) cat "$state/$1.sequences" "$state/$1.facts" && echo '{"all": true}' ;;
    sql) ask "$@" -f - ;;
    load) load "$@" ;;
    evicting) evicting "$@" ;;
    free) df -Pk /volume | sed -n '2s/^.* \([0-9][0-9]*\)  *[0-9]*% .*$/\1/p' ;;
    *) fail 1 "no such verb: $verb" ;;
esac
