# shellcheck shell=bash
# Makes an image like Debian's own "slim" ones without a registry. Sourced, after messages.sh,
# system.sh and apt.sh.

# make_base_image SUITE NAME
make_base_image() {
    say "Making $2 from Debian's packages (about a minute)"
    command -v debootstrap >/dev/null || {
        apt_refresh
        apt_install debootstrap
    }
    # A subshell, so that the trap clears up at its end and not at the end of the whole script.
    (
        tree=$(mktemp -d /var/tmp/volops-base-image.XXXXXX)
        trap 'remove_tree "$tree"' EXIT
        bootstrap "$1" "$tree"
        slim_down "$tree"
        tar -C "$tree" --numeric-owner --xattrs -c . |
            docker import --change 'CMD ["bash"]' - "$2" >/dev/null
    )
}

# bootstrap SUITE TREE
bootstrap() {
    local mirror proxy
    mirror=$(plain_address "$(debian_mirror)")
    [ -n "$mirror" ] ||
        fail "apt has no source of Debian's packages." 'Add one to /etc/apt/sources.list.d/.'
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    if [ -n "${proxy:-}" ] && [ "$proxy" != DIRECT ]; then
        export http_proxy=$proxy
    fi
    quietly debootstrap --variant=minbase "$1" "$2" "$mirror" ||
        fail "debootstrap could not make a tree of Debian $1 from $mirror." \
            'Its last lines are above.'
}

# plain_address URI: Debian's cloud images name a file with a list of mirrors instead.
plain_address() {
    case $1 in
        mirror+file:*) grep -m 1 -oE '^[a-z]+://[^[:space:]]+' "$(sed 's|^mirror+file:/*|/|; s|/$||' <<<"$1")" ;;
        *) printf '%s\n' "$1" ;;
    esac
}

# slim_down TREE: what Debian's slim images leave out, now and when packages are added, and no
# services started by the installation of a package.
slim_down() {
    rm -rf "$1"/usr/share/{doc,man,info,locale,lintian}/* \
        "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*.log
    printf 'path-exclude /usr/share/%s/*\n' doc man info locale lintian \
        >"$1/etc/dpkg/dpkg.cfg.d/docker-slim"
    echo 'APT::Keep-Downloaded-Packages "false";' >"$1/etc/apt/apt.conf.d/docker-clean"
    printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
    chmod 755 "$1/usr/sbin/policy-rc.d"
}

# remove_tree TREE: an interrupted debootstrap leaves its /proc and /sys mounted.
remove_tree() {
    local mounted
    while read -r mounted; do
        umount "$mounted"
    done < <(awk -v tree="$1/" 'index($2, tree) == 1 { print $2 }' /proc/mounts | sort -r)
    rm -rf --one-file-system "$1"
}
