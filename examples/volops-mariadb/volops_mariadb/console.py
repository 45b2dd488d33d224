"""The mariadb client in the service's own container, as root."""

from __future__ import annotations

from collections.abc import Sequence

# Runs in the container: the password is read there, from the environment or a secret file, and stays there.
_CLIENT = """
given() {
    for name; do
        eval "value=\\${$name:-} file=\\${${name}_FILE:-}"
        [ -n "$value" ] || [ -z "$file" ] || value=$(cat "$file")
        if [ -n "$value" ]; then printf %s "$value"; return; fi
    done
}
MYSQL_PWD=$(given MARIADB_ROOT_PASSWORD MYSQL_ROOT_PASSWORD)
if [ -n "$MYSQL_PWD" ]; then export MYSQL_PWD; else unset MYSQL_PWD; fi
database=${1:-$(given MARIADB_DATABASE MYSQL_DATABASE)}
shift
exec mariadb --user=root ${database:+"--database=$database"} "$@"
"""


def client(database: str, arguments: Sequence[str]) -> tuple[str, ...]:
    """The command that opens `database` (the service's own, when empty) inside its container."""
    return ("sh", "-c", _CLIENT, "db-shell", database, *arguments)
