# shellcheck shell=bash
# How the scripts speak. Sourced.

say() {
    printf '%s\n' "$*"
}

headline() {
    printf '\n== %s\n' "$*"
}

# fail CAUSE [NEXT_STEP…]: the cause and, a line each, what to do; ends the script.
fail() {
    local line
    printf 'Error: %s\n' "$1" >&2
    shift
    for line in "$@"; do
        printf '       %s\n' "$line" >&2
    done
    exit 1
}

# quietly COMMAND…: its output is shown only when it fails.
quietly() {
    local output status=0
    output=$("$@" 2>&1) || status=$?
    if [ "$status" -ne 0 ]; then
        printf '%s\n' "$output" | tail -n 30 >&2
    fi
    return "$status"
}

# with_progress COMMAND…: its progress on a terminal; elsewhere its output only when it fails.
with_progress() {
    if [ -t 1 ]; then
        "$@"
    else
        quietly "$@"
    fi
}
