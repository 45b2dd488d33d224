#!/bin/sh
# Runs in a helper of a service's image, as root: image.sh TARGET
# Says, as lines "NAME VALUE", what a server made of this image would be: its programs, its user, what it can load.
# POSIX sh, since alpine images have nothing else.
set -eu
LC_ALL=C
export LC_ALL
target=$1

# The one that the service would run: PATH's, as the official image and ours set it, else the newest.
programs() {
    found=$(command -v postgres 2>/dev/null) || found=
    if [ -z "$found" ]; then
        for found in $(ls -d /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres /opt/bitnami/postgresql/bin/postgres \
            /usr/local/pgsql/bin/postgres 2>/dev/null | sort -V); do :; done
    fi
    [ -z "$found" ] || readlink -f "$found"
}

postgres=$(programs)
[ -n "$postgres" ] || { echo "there is no PostgreSQL server in it" >&2; exit 1; }
binaries=${postgres%/*}
echo "binaries $binaries"
echo "version $("$binaries/postgres" --version | sed 's/^[^0-9]*//')"
for program in initdb psql pg_controldata; do
    [ -x "$binaries/$program" ] || { echo "it has no $program beside its server in $binaries" >&2; exit 1; }
done

# Bitnami's has no such user, and runs as 1001 of group 0.
entry=$(grep '^postgres:' /etc/passwd | cut -d: -f3,4) || :
[ -n "$entry" ] || [ ! -d /opt/bitnami ] || entry=1001:0
[ -n "$entry" ] || { echo "it has no user postgres" >&2; exit 1; }
echo "user $entry"

echo "data ${PGDATA:-}"
echo "root $(stat -c '%u:%g %a' "$target" 2>/dev/null || echo "$entry 700")"
cut -d' ' -f5 /proc/self/mountinfo | sed 's/^/mount /'
sed -n 's/^MemAvailable: *\([0-9]*\) kB/memory \1/p' /proc/meminfo
# Where pg_config tells, and where Debian, Red Hat and the official images keep them.
major=$("$binaries/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
for share in "$("$binaries/pg_config" --sharedir 2>/dev/null)" "/usr/share/postgresql/$major" "${binaries%/bin}/share" \
    "${binaries%/bin}/share/postgresql" /usr/share/pgsql; do
    [ -d "$share/extension" ] || continue
    ls "$share/extension" | sed -n 's/\.control$//p' | sed 's/^/extension /'
    break
done
for libraries in "$("$binaries/pg_config" --pkglibdir 2>/dev/null)" "/usr/lib/postgresql/$major/lib" "${binaries%/bin}/lib" \
    "${binaries%/bin}/lib/postgresql" /usr/lib64/pgsql; do
    [ -e "$libraries/plpgsql.so" ] || continue
    ls "$libraries" | sed -n 's/\.so$//p' | sed 's/^/library /'
    break
done
if command -v locale >/dev/null; then locale -a 2>/dev/null | sed 's/^/locale /'; fi
# As pg_collation_actual_version() has it for the provider libc of glibc.
if command -v ldd >/dev/null; then ldd --version 2>/dev/null | sed -n '1s/.* \([0-9.]*\)$/libc \1/p'; fi
# Since 16 it is there unless it was left out (release notes); where nothing says so it may be.
built=$("$binaries/pg_config" --configure 2>/dev/null) || built=
case $major:$built in
1[0-5]:*--with-icu* | *:) ;;
1[0-5]:* | *--without-icu*) echo 'icu no' ;;
esac
