"""Which service is the database, and how psql is started in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from volops.config import VolumeSettings, load_settings
from volops.errors import InvalidUse
from volops.model import Volume
from volops.plugins import Assignment, assign, discover

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation

_TYPE = "postgres"

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


def psql(database: str, arguments: Sequence[str]) -> list[str]:
    """The command that opens `database` (the service's own, when empty) inside its container."""
    return ["sh", "-c", _PSQL, "db-shell", database, *arguments]


def database_service(invocation: Invocation) -> str:
    """The one active service that keeps a PostgreSQL cluster. Raises InvalidUse when it is not one."""
    stack = invocation.compose.stack
    settings, registry = load_settings(stack), discover()
    found: dict[str, None] = {}
    for volume in stack.volumes:
        said = settings.volumes.get(volume.key, VolumeSettings())
        given = assign(volume, said, registry)
        if given.type and given.type.cls.name == _TYPE and volume.active:
            found |= dict.fromkeys(_owners(given))
    if len(found) == 1:
        return next(iter(found))
    if found:
        raise InvalidUse(
            "this stack has several PostgreSQL services", next_step=f"name one of: {', '.join(found)}"
        )
    raise InvalidUse(
        "no PostgreSQL service was recognised in this stack", next_step="name it: `volops db-shell SERVICE`"
    )


def _owners(given: Assignment) -> list[str]:
    """Services whose own mount makes the volume a cluster; else those that may write to it."""
    if given.type is None:
        return []
    volume, volume_type = given.volume, given.type.cls()
    active = [mount for mount in volume.mounts if mount.service.active]
    servers = [
        mount.service.name
        for mount in active
        if volume_type.detect(Volume(volume.key, volume.name, volume.kind, mounts=(mount,)))
    ]
    return servers or [mount.service.name for mount in active if not mount.read_only]
