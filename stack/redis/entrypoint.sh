#!/bin/bash
# Starts redis-server as its own user. REDIS_PASSWORD (or REDIS_PASSWORD_FILE) becomes `requirepass`
# in a private file, never an argument: arguments are visible to everyone who can list processes.
set -Eeuo pipefail

conf=/run/redis-private.conf

# A configuration file given first stays in force: ours includes it, since Redis reads only one.
write_private_conf() {
    local password=$1 included=$2
    password=${password//\\/\\\\}
    password=${password//\"/\\\"}
    (
        umask 077
        {
            if [[ -n $included ]]; then printf 'include %s\n' "$included"; fi
            printf 'requirepass "%s"\n' "$password"
        } >"$conf"
    )
}

[[ ${1:0:1} == - || $1 == *.conf ]] && set -- redis-server "$@"
if [[ $1 == redis-server && $(id -u) == 0 ]]; then
    shift
    included=
    if [[ ${1:-} == *.conf ]]; then included=$1; shift; fi
    password=${REDIS_PASSWORD:-}
    if [[ -n ${REDIS_PASSWORD_FILE:-} ]]; then password=$(<"$REDIS_PASSWORD_FILE"); fi
    if [[ -n $password ]]; then
        write_private_conf "$password" "$included"
        chown redis: "$conf"
        included=$conf
    else
        # Without a password Redis would refuse every client that is not in this container.
        set -- --protected-mode no "$@"
    fi
    find . \! -user redis -exec chown redis: '{}' +
    exec setpriv --reuid=redis --regid=redis --init-groups redis-server ${included:+"$included"} "$@"
fi
exec "$@"
