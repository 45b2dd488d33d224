#!/bin/bash
# Makes a data directory on first start and becomes the server. Understands MARIADB_ROOT_PASSWORD (or …_FILE),
# MARIADB_DATABASE, MARIADB_USER and MARIADB_PASSWORD.
set -euo pipefail
data=/var/lib/mysql

# The bootstrapping server takes one statement a line.
# quoted TEXT: as a string of SQL, under NO_BACKSLASH_ESCAPES too.
quoted() { printf "'%s'" "${1//\'/\'\'}"; }

setup() {
    password=${MARIADB_ROOT_PASSWORD:-$(cat "${MARIADB_ROOT_PASSWORD_FILE:?give MARIADB_ROOT_PASSWORD}")}
    echo "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES');"
    # An installation has root without a password at other addresses, too.
    echo "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';"
    echo "FLUSH PRIVILEGES;"
    echo "ALTER USER root@localhost IDENTIFIED BY $(quoted "$password");"
    if [ -n "${MARIADB_DATABASE:-}" ]; then echo "CREATE DATABASE \`$MARIADB_DATABASE\`;"; fi
    if [ -n "${MARIADB_USER:-}" ]; then
        echo "CREATE USER \`$MARIADB_USER\`@'%' IDENTIFIED BY $(quoted "${MARIADB_PASSWORD:?}");"
        echo "GRANT ALL ON \`${MARIADB_DATABASE:?}\`.* TO \`$MARIADB_USER\`@'%';"
    fi
}

if [ "${1:-}" = mariadbd ] && [ ! -d "$data/mysql" ]; then
    chown mysql:mysql "$data"
    mariadb-install-db --user=mysql --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >/dev/null
    setup | mariadbd --user=mysql --datadir="$data" --bootstrap --skip-log-bin
fi
unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD
if [ "${1:-}" = mariadbd ]; then
    shift
    set -- mariadbd --user=mysql --datadir="$data" --bind-address='*' "$@"
fi
exec "$@"
