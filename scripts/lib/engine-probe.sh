# shellcheck shell=bash
# What is there of Docker. Sourced, after messages.sh and system.sh.

# A volume's subpath can be mounted from this version on (API 1.45).
minimum_engine=26
# The first that knows every option volops uses (volops/compose/options.py); version 1 counts as none.
minimum_compose=2.24

# A socket that accepts and never answers must not hang the set-up.
engine_version() {
    timeout 15 docker version --format '{{.Server.Version}}' 2>/dev/null
}

engine_answers() {
    [ -n "$(engine_version)" ]
}

engine_error() {
    timeout 15 docker version 2>&1 >/dev/null | tail -n 1
}

engine_installed() {
    command -v docker >/dev/null && command -v dockerd >/dev/null
}

# at_least MINIMUM VERSION: compares versions such as 2.24 and v2.26.1.
at_least() {
    case ${2#v} in
        [0-9]*) [ "$(printf '%s\n' "$1" "${2#v}" | sort -V | head -n 1)" = "$1" ] ;;
        *) return 1 ;;
    esac
}

compose_version() {
    timeout 15 docker compose version --short 2>/dev/null
}

compose_answers() {
    at_least 2 "$(compose_version)"
}

require_supported_compose() {
    local version
    version=$(compose_version)
    at_least "$minimum_compose" "$version" ||
        fail "Docker compose $version is too old: volops needs $minimum_compose or newer." \
            'Nothing was changed. Upgrade it: https://docs.docker.com/compose/install/'
}

require_supported_engine() {
    local version
    version=$(engine_version)
    at_least "$minimum_engine" "$version" ||
        fail "Docker Engine $version is too old: volops needs $minimum_engine or newer." \
            'Nothing was changed. Upgrade it: https://docs.docker.com/engine/install/'
}
