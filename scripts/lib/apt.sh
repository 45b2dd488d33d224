# shellcheck shell=bash
# Debian's and Ubuntu's packages. Sourced, after messages.sh and system.sh.
#
# Mirrors and proxies are those apt is set up with already.

can_install_packages() {
    is_root && { is_debian || is_ubuntu; } && command -v apt-get >/dev/null
}

apt_refresh() {
    # A broken source that belongs to somebody else must not end the set-up; what is missing
    # because of it shows when a package is installed.
    quietly apt-get update -q -o DPkg::Lock::Timeout=300 ||
        say 'Some package lists could not be fetched (see above); trying with the others.'
}

# apt_install PACKAGE…: installs; services that come with them are not started on a machine
# without systemd, where init scripts set limits that a container may not set.
apt_install() {
    local environment=(DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l)
    has_systemd || environment+=(RUNLEVEL=1)
    say "Installing: $*"
    quietly env "${environment[@]}" apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" ||
        fail "apt-get could not install: $*" 'Its last lines are above.'
}

# apt_major PACKAGE: the first number of the version that would be installed, 0 when there is none.
apt_major() {
    local version
    version=$(LC_ALL=C apt-cache policy "$1" | sed -n 's/^  Candidate: //p')
    version=${version#*:}
    version=${version%%.*}
    case $version in
        '' | *[!0-9]*) echo 0 ;;
        *) echo "$version" ;;
    esac
}

# Both read apt's answer to its end: a reader that leaves early makes apt-get fail.

# debian_mirror: the address apt fetches Debian itself from, as apt's sources name it.
debian_mirror() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(LABEL) $(CREATED_BY) $(REPO_URI)' |
        awk '$1 == "Debian" && $2 == "Packages" && !found { print $3; found = 1 }'
}

# apt_knows CODENAME: whether a source of that release of Debian is set up.
apt_knows() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(LABEL) $(CODENAME)' | grep -x "Debian $1" >/dev/null
}
