# Read by the scripts that run in a helper beside a service's container, in its network and process namespaces.
# POSIX sh, since alpine images have nothing else.
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

# inside PATH: that path of the service, below /proc/1/root. Its symbolic links are followed here: the kernel
# would take an absolute one (/var/run -> /run) to our own root.
inside() {
    at=/proc/1/root rest=$1 hops=0
    while [ -n "$rest" ]; do
        part=${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
        case $part in
            '' | .) continue ;;
            ..) [ "$at" = /proc/1/root ] || at=${at%/*}; continue ;;
        esac
        if link=$(readlink "$at/$part"); then
            hops=$((hops + 1))
            [ "$hops" -le 40 ] || fail 1 "too many symbolic links in $1"
            case $link in /*) at=/proc/1/root ;; esac
            rest=$link/$rest
        else
            at=$at/$part
        fi
    done
    printf '%s' "$at"
}
