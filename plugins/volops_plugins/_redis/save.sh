# Read by session.sh: has the server save, and gives the file it saved.
# shellcheck shell=sh disable=SC2154

# persistence: ask for INFO persistence; said FIELD: a field of the last answer.
persistence() {
    cli INFO persistence >"$state/persistence" 2>&1 || fail 1 "$(cat "$state/persistence")"
}

said() {
    tr -d '\r' <"$state/persistence" | sed -n "s/^$1://p"
}

# idle STALL_S: wait until nothing is being saved or rewritten; as long as that makes progress.
idle() {
    before='' since=$(date +%s)
    while :; do
        persistence
        [ "$(said rdb_bgsave_in_progress)$(said aof_rewrite_in_progress)" != 00 ] || return 0
        now="$(said current_save_keys_processed) $(ls -ln "$directory"/temp-* 2>/dev/null)"
        if [ "$now" != "$before" ]; then
            before=$now since=$(date +%s)
        elif [ "$(($(date +%s) - since))" -ge "$1" ]; then
            fail 1 "a save makes no progress for $1 s"
        fi
        sleep 0.1
    done
}

# start_save: BGSAVE, with the number of keys right before and right after it. The commands arrive in one piece
# on one connection, and a server works off what it has read of a client before it turns to the next one.
# Without bash they go one by one, and counts that differ tell that others came between.
start_save() {
    printf '%s\r\n' 'INFO persistence' 'INFO keyspace' BGSAVE 'INFO keyspace' QUIT >"$state/commands"
    if command -v bash >/dev/null; then
        bash -c '
            exec 5<>"/dev/tcp/$1/$2"
            if [ -n "${REDISCLI_AUTH:-}" ]; then
                printf "*2\r\n\$4\r\nAUTH\r\n\$%s\r\n%s\r\n" "${#REDISCLI_AUTH}" "$REDISCLI_AUTH" >&5
                read -r _ <&5
            fi
            cat "$3" >&5
            cat <&5' talk "$host" "$port" "$state/commands"
    else
        tr -d '\r' <"$state/commands" | cli
    fi | tr -d '\r' >"$state/replies"
}

# fresh STALL_S: have a save of our own done, and its file open as descriptor 4. 2 when another save was faster.
fresh() {
    idle "$1"
    earlier=$(stat -c %i "$directory/$name" 2>/dev/null) || earlier=none
    start_save
    if ! grep -q 'Background saving started' "$state/replies"; then
        refusal=$(grep -i -e '^-' -e '^ERR' -e '^MISCONF' "$state/replies" | head -n 1) || :
        case $refusal in *'in progress'* | *'another'*) return 2 ;; esac
        fail 1 "BGSAVE is refused: ${refusal#-}"
    fi
    idle "$1"
    [ "$(said rdb_last_bgsave_status)" = ok ] || explain
    [ -f "$directory/$name" ] || fail 1 "there is no $name where it saves"
    exec 4<"$directory/$name"
    # Nobody else may have begun a save between ours and the opening of the file (counted since 7.0).
    persistence
    ours=$(sed -n '/Background saving started/q; s/^rdb_saves://p' "$state/replies")
    [ "$(said rdb_bgsave_in_progress)" = 0 ] || return 2
    [ -z "$ours" ] || [ "$(said rdb_saves)" -eq $((ours + 1)) ] || return 2
    # A save makes a new file beside the old one and then gives it its name.
    [ "$(stat -L -c %i /proc/self/fd/4)" != "$earlier" ] || fail 1 "$name is not what was just saved"
}

# The server tells the reason only to its log; room on the disk is the usual one.
explain() {
    free=$(df -Pk "$directory" | awk 'NR == 2 { print $4 }')
    needs=$(cli INFO memory | tr -d '\r' | sed -n 's/^used_memory_human://p')
    fail 1 "the save failed: $free KiB are free where it saves, the data takes $needs of memory"
}

# save STALL_S DIRECTORY NAME: have NAME in DIRECTORY saved and give it, while the server's own checker reads it.
save() {
    directory=$2 name=$3
    attempts=0
    while :; do
        result=0
        fresh "$1" || result=$?
        [ "$result" -ne 0 ] || break
        attempts=$((attempts + 1))
        if [ "$result" -ne 2 ] || [ "$attempts" -ge 5 ]; then fail 1 "the server keeps saving on its own"; fi
    done
    checker=$(command -v "$family-check-rdb") || checker=
    stat -L -c 'owner:%u:%g' /proc/self/fd/4 >>"$state/replies"
    : >"$state/check"
    checked=0
    if [ -n "$checker" ]; then
        "$checker" /proc/self/fd/4 >"$state/check" 2>&1 &
        checking=$!
        cat <&4
        wait "$checking" || checked=$?
    else
        cat <&4
    fi
    [ "$checked" -eq 0 ] || fail 1 "$family-check-rdb finds the saved file damaged: $(tail -n 1 "$state/check")"
}
