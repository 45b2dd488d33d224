"""Databases brought back without volops: SQL files, zstd, psql, and an empty server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from features.world.backup import Backup, plain
from features.world.postgres import Postgres, scratch_server
from features.world.project import Project
from volops.testing.report.records import Recorder

_IMAGE = "volops-sample-postgres:1"
_SCRATCH = "snapshot"
_OWNERS = ("reporting", "registrar")
"""Roles of the stacks that own something, or may read it: a dump of one database does not make them."""
_NEXT_USER = "SELECT nextval(pg_get_serial_sequence('auth_user', 'id'))"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What an empty server held after the SQL files of the volume `key` were loaded: by database, for each
    table its rows and their digest."""

    key: str
    tables: dict[str, dict[str, tuple[int, str]]]
    roles: list[str]
    last_user: int = 0
    next_user: int = 0


def load_dumps(project: Project, backup: Backup, key: str, recorder: Recorder) -> Recovered:
    """Load globals and databases of a volume, in the order of the manifest, each with psql."""
    files = backup.files(key, ".sql")
    service = backup.volume(key)["services"][0]
    images = {one["name"]: one["image"] for one in backup.manifest["stack"]["services"]}
    with scratch_server(project, images[service]) as server:
        for file in files:
            # The globals make the superuser, too, who is there already: that one error is to be expected.
            server.query(plain(file).decode(), strict="globals" not in file.name)
        recorder.text("loaded with psql", "\n".join(f"zstd -dc {file.name} | psql" for file in files))
        found = {database: server.contents(database) for database in server.databases}
        users = {}
        if "public.auth_user" in found.get("backend_db", {}):
            users["last_user"] = int(server.value("SELECT max(id) FROM auth_user", "backend_db"))
            users["next_user"] = int(server.value(_NEXT_USER, "backend_db"))
        return Recovered(key, found, server.roles, **users)


@contextmanager
def loaded_snapshot(project: Project) -> Iterator[Postgres]:
    """A server with the one `db_backup_….sql` in the database `snapshot`."""
    sql = next(project.backups.glob("db_backup_*.sql")).read_text("utf-8")
    with scratch_server(project, _IMAGE) as server:
        server.query(f"CREATE DATABASE {_SCRATCH}")
        for role in _OWNERS:
            server.query("CREATE ROLE :role", role=role)
        server.query(sql, _SCRATCH)
        yield server


def snapshot_rows(project: Project, table: str) -> int:
    """How many rows a table of the snapshot has."""
    with loaded_snapshot(project) as server:
        return int(server.value("SELECT count(*) FROM :table", _SCRATCH, table=table))
