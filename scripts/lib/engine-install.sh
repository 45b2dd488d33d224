# shellcheck shell=bash disable=SC2154
# Installs the engine and compose from Debian's or Ubuntu's packages. Sourced, after apt.sh and
# engine-probe.sh.

install_engine() {
    require_installable "No Docker engine answers, and none is installed here."
    apt_refresh
    if is_ubuntu; then
        [ "$(apt_major docker.io)" -ge "$minimum_engine" ] ||
            fail "This release of Ubuntu has no Docker Engine $minimum_engine or newer." \
                'Install it by hand: https://docs.docker.com/engine/install/ubuntu/'
        apt_install docker.io docker-compose-v2 docker-buildx iptables ca-certificates
    else
        install_from_debian docker.io docker-cli docker-compose docker-buildx
    fi
    hash -r
}

install_compose() {
    require_installable "The Docker engine works, but 'docker compose' (version 2) does not."
    apt_refresh
    if [ "$(apt_major docker-compose-plugin)" -ge 2 ]; then
        # Docker's own repository is set up: its plugin fits its engine.
        apt_install docker-compose-plugin
    elif is_ubuntu; then
        apt_install docker-compose-v2
    else
        install_from_debian docker-compose
    fi
    hash -r
}

# require_installable CAUSE: ends the script when nothing can be installed from here.
require_installable() {
    can_install_packages && return
    if is_debian || is_ubuntu; then
        fail "$1" 'As root, this installs and starts both:' "  sudo $PWD/scripts/setup-engine"
    fi
    fail "$1" "Install Docker Engine $minimum_engine or newer and Docker compose v2:" \
        '  https://docs.docker.com/engine/install/'
}

# install_from_debian PACKAGE…: from this release when its engine is new enough, else from trixie,
# whose packages of these names run on bookworm's libc.
install_from_debian() {
    local packages=("$@")
    if [ "$(apt_major docker.io)" -lt "$minimum_engine" ]; then
        [ "$(os_release VERSION_CODENAME)" = bookworm ] ||
            fail "This release of Debian has no Docker Engine $minimum_engine or newer." \
                'Install it by hand: https://docs.docker.com/engine/install/debian/'
        apt_knows trixie || add_trixie
        packages=("${packages[@]/%//trixie}")
    fi
    apt_install "${packages[@]}" iptables ca-certificates
}

add_trixie() {
    local mirror
    mirror=$(debian_mirror)
    [ -n "$mirror" ] ||
        fail "apt has no source of Debian's packages." 'Add one to /etc/apt/sources.list.d/.'
    say "Adding Debian trixie to apt's sources, pinned so that only Docker comes from it."
    # The pin comes first: without it every package could be upgraded to trixie's.
    cat >"$system_root/etc/apt/preferences.d/volops-trixie" <<-'PIN'
	Package: *
	Pin: release n=trixie
	Pin-Priority: 100
	PIN
    cat >"$system_root/etc/apt/sources.list.d/volops-trixie.sources" <<-SOURCE
	Types: deb
	URIs: $mirror
	Suites: trixie
	Components: main
	Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	SOURCE
    # Keyrings of bookworm's first releases do not have trixie's key.
    apt_install debian-archive-keyring
    apt_refresh
}
