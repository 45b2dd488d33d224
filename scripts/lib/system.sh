# shellcheck shell=bash
# What machine this is. Sourced.

# Tests put a made-up machine's files below this directory; it is empty elsewhere.
system_root=${VOLOPS_SYSTEM_ROOT:-}

# `su` without a dash keeps the user's PATH, which on Debian has no sbin in it.
PATH=$PATH:$system_root/usr/local/sbin:$system_root/usr/sbin:$system_root/sbin

is_root() {
    [ "$(id -u)" -eq 0 ]
}

has_systemd() {
    [ -d "$system_root/run/systemd/system" ]
}

# os_release KEY: a value of os-release(5), empty when the machine has no such file.
os_release() {
    local file=$system_root/etc/os-release
    if [ -r "$file" ]; then
        # shellcheck disable=SC1090
        (. "$file" && eval "printf '%s' \"\${$1:-}\"")
    fi
}

is_debian() {
    [ "$(os_release ID)" = debian ]
}

is_ubuntu() {
    [ "$(os_release ID)" = ubuntu ]
}
