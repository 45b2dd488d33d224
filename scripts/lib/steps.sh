# shellcheck shell=bash
# Steps that all run though one has failed, and a table of them at the end. Sourced.

step_table=()
step_failures=0

# step NAME COMMAND…: runs it under a headline; its exit status is the step's result.
step() {
    local name=$1 begun=$SECONDS result=passed status=0
    shift
    printf '\n== %s\n' "$name"
    "$@" || status=$?
    if [ "$status" -ne 0 ]; then
        result="FAILED (exit status $status)"
        step_failures=$((step_failures + 1))
    fi
    step_table+=("$(printf '%-24s %5d s  %s' "$name" $((SECONDS - begun)) "$result")")
    return "$status"
}

# finish: prints the table and ends the script, with status 1 when a step failed.
finish() {
    printf '\n'
    printf '%s\n' "${step_table[@]}"
    if [ "$step_failures" -gt 0 ]; then
        printf '%d of %d steps failed\n' "$step_failures" "${#step_table[@]}"
        exit 1
    fi
    printf 'all %d steps passed\n' "${#step_table[@]}"
    exit 0
}
