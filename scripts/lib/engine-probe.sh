# shellcheck shell=bash
# What is there of Docker. Sourced, after messages.sh and system.sh.

# A volume's subpath can be mounted from this version on (API 1.45).
minimum_engine=26
minimum_compose=2

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

# at_least MINIMUM VERSION: compares the first number of a version such as v2.26.1.
at_least() {
    local major=${2#v}
    major=${major%%.*}
    case $major in
        '' | *[!0-9]*) return 1 ;;
    esac
    [ "$major" -ge "$1" ]
}

compose_version() {
    timeout 15 docker compose version --short 2>/dev/null
}

compose_answers() {
    at_least "$minimum_compose" "$(compose_version)"
}

require_supported_engine() {
    local version
    version=$(engine_version)
    at_least "$minimum_engine" "$version" ||
        fail "Docker Engine $version is too old: volops needs $minimum_engine or newer." \
            'Nothing was changed. Upgrade it: https://docs.docker.com/engine/install/'
}
