#!/bin/bash
# Makes a cluster on first start and then becomes the server. Understands the variables of the
# widely used official image: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS,
# POSTGRES_HOST_AUTH_METHOD (the first four also as …_FILE), PGDATA, and /docker-entrypoint-initdb.d.
set -Eeuo pipefail

die() { printf 'entrypoint: %s\n' "$*" >&2; exit 1; }

# value_of NAME DEFAULT: sets NAME from itself, from the file named by NAME_FILE, or to DEFAULT.
value_of() {
    local name=$1 default=$2 file_name="${1}_FILE"
    if [[ -n ${!name:-} && -n ${!file_name:-} ]]; then
        die "$name and $file_name are both set; keep one"
    fi
    local value=${!name:-$default}
    if [[ -n ${!file_name:-} ]]; then
        value=$(<"${!file_name}") || die "cannot read ${!file_name}"
    fi
    printf -v "$name" '%s' "$value"
    # libpq and initdb scripts of users expect it in the environment, as with the official image.
    export "${name?}"
    unset "$file_name"
}

require_password() {
    [[ -n $POSTGRES_PASSWORD || $POSTGRES_HOST_AUTH_METHOD == trust ]] || die \
        "no password for the superuser: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE (or POSTGRES_HOST_AUTH_METHOD=trust)"
}

# initdb's own default trusts the socket and 127.0.0.1; everyone else comes by the line appended here.
create_cluster() {
    local args
    eval "args=(--username=\"\$POSTGRES_USER\" $POSTGRES_INITDB_ARGS)"
    if [[ -n $POSTGRES_PASSWORD ]]; then
        # Through a descriptor: argv would show the password to every process of the container.
        initdb --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${args[@]}"
    else
        initdb "${args[@]}"
    fi
    printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}" >>"$PGDATA/pg_hba.conf"
}

sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" "$@"; }

create_database() {
    [[ $POSTGRES_DB == postgres ]] && return
    sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
}

run_init_scripts() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        # shellcheck source=/dev/null
        case $file in
            *.sh) if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
            *.sql) sql --dbname "$POSTGRES_DB" --file "$file" ;;
            *.sql.gz) gunzip -c "$file" | sql --dbname "$POSTGRES_DB" ;;
            *.sql.xz) xzcat "$file" | sql --dbname "$POSTGRES_DB" ;;
            *.sql.zst) zstd -dc "$file" | sql --dbname "$POSTGRES_DB" ;;
            *'/*') ;;
            *) printf 'entrypoint: ignoring %s\n' "$file" ;;
        esac
    done
}

# First start only. The server it uses listens on its socket alone, so that nobody, a health check
# over TCP included, takes a half-made cluster for a ready one.
first_start() {
    value_of POSTGRES_PASSWORD ''
    value_of POSTGRES_USER postgres
    value_of POSTGRES_DB "$POSTGRES_USER"
    value_of POSTGRES_INITDB_ARGS ''
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
    require_password
    # Where initdb was told to trust nobody, psql needs it for the socket, too (POSTGRES_INITDB_ARGS=--auth=…).
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    create_cluster
    pg_ctl --pgdata="$PGDATA" -o "-c listen_addresses=''" -w start
    create_database
    run_init_scripts
    pg_ctl --pgdata="$PGDATA" -m fast -w stop
}

prepare_as_root() {
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$0" "$@"
}

[[ ${1:0:1} == - ]] && set -- postgres "$@"
if [[ $1 == postgres ]]; then
    [[ $(id -u) == 0 ]] && prepare_as_root "$@"
    # In a shell of its own: a password read from a file does not reach the server's environment.
    if [[ ! -s $PGDATA/PG_VERSION ]]; then (first_start); fi
fi
exec "$@"
