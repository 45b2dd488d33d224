# Read by the scripts that run in a helper beside a service's container, in its network.
# POSIX sh, since alpine images have nothing else.
# shellcheck shell=sh disable=SC2034
set -eu
umask 077
LC_ALL=C
export LC_ALL
state=${0%/*}

fail() {
    code=$1
    shift
    printf '%s\n' "$*" >&2
    exit "$code"
}

# hosts PORT: addresses at which something listens on that port here, loopback first, one a line (proc(5)).
hosts() {
    listening=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ where _ status _; do
        [ "$status" = 0A ] || continue
        [ "$((0x${where##*:}))" -eq "$1" ] || continue
        case ${where%:*} in
            00000000 | 0100007F | 7F000001 | 00000000000000000000000000000000) echo 127.0.0.1 ;;
            00000000000000000000000001000000) echo ::1 ;;
            ????????)
                # shellcheck disable=SC2046,SC2183 # four words come of it
                printf '%d.%d.%d.%d\n' $(echo "${where%:*}" | sed 's/\(..\)\(..\)\(..\)\(..\)/0x\4 0x\3 0x\2 0x\1/')
                ;;
        esac
    done | sort -u)
    printf '%s\n' "$listening" | grep -x 127.0.0.1 || :
    printf '%s\n' "$listening" | grep -vx 127.0.0.1 || :
}
