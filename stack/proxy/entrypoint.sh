#!/bin/sh
# Tells nginx who resolves names here. It asks again every few seconds (see nginx.conf), so a backend
# that comes back under another address is found without a reload.
set -eu
printf 'resolver %s valid=2s ipv6=off;\n' "$(awk '/^nameserver/ { print $2; exit }' /etc/resolv.conf)" \
    >/etc/nginx/resolver.conf
exec "$@"
