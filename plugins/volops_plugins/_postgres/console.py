"""psql in the service's own container, as the service's own user."""

from __future__ import annotations

from collections.abc import Sequence

# Runs in the container: what it reads of the environment and of secret files stays there. A socket may want
# the operating system's user (peer), TCP the password: the one that lets us in is taken.
_PSQL = """
given() {
    for name; do
        eval "value=\\${$name:-} file=\\${${name}_FILE:-}"
        [ -n "$value" ] || [ -z "$file" ] || value=$(cat "$file")
        if [ -n "$value" ]; then printf %s "$value"; return; fi
    done
}
PGUSER=$(given POSTGRES_USER POSTGRESQL_USERNAME PGUSER)
export PGUSER="${PGUSER:-postgres}"
PGDATABASE=${1:-$(given POSTGRES_DB POSTGRESQL_DATABASE PGDATABASE)}
export PGDATABASE="${PGDATABASE:-$PGUSER}"
PGPASSWORD=$(given POSTGRES_PASSWORD POSTGRESQL_PASSWORD PGPASSWORD)
if [ -n "$PGPASSWORD" ]; then export PGPASSWORD; else unset PGPASSWORD; fi
shift
psql -w -X -q -c '' >/dev/null 2>&1 || export PGHOST=127.0.0.1
exec psql "$@"
"""


def psql(database: str, arguments: Sequence[str]) -> tuple[str, ...]:
    """The command that opens `database` (the service's own, when empty) inside its container."""
    return ("sh", "-c", _PSQL, "db-shell", database, *arguments)
