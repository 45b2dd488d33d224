"""SQLite databases: a consistent copy, made by SQLite itself while the service goes on writing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from volops import Artifact, CheckFailed, Criticality, FileTree, Source, Staging, Volume, VolumeType, hookimpl

VOLOPS_INTERFACE = 1
COPY = """
set -e
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -a --attributes-only "$1/$2" "$copy/$2"
sqlite3 -bail "$1/$2" '.timeout 10000' ".backup '$copy/$2'"
chown --reference="$1" "$copy"
chmod --reference="$1" "$copy"
tar -C "$copy" -c .
"""


@dataclass(frozen=True)
class Options:
    """`database` is the file's name at the volume's root."""

    database: str = "db.sqlite3"


class Sqlite(FileTree):
    """One SQLite database a volume."""

    name = stem = "sqlite"
    summary = "SQLite database"
    data_included = ("All tables of the application",)
    criticality = Criticality.CRITICAL
    typical_size = "1 MB to 1 GB"
    backup_priority = "HIGHEST: daily backups recommended"
    guarantees = ("Survives restarts and rebuilds of containers",)
    proof = "every byte of the database, and what SQLite finds in it"
    Options: ClassVar[type[Any]] = Options

    def detect(self, volume: Volume) -> bool:
        """By a mount path that ends in /sqlite."""
        return any(target.endswith("/sqlite") for target in volume.targets)

    def dump(self, source: Source) -> Iterable[Artifact]:
        """An archive of a copy that SQLite makes; it has the owners and modes of the original."""
        where = (str(source.target), source.options.database)
        stream = source.service().stream("sh", "-c", COPY, "copy", *where)
        yield Artifact(source.file_name("sqlite_backup", ".tar"), "application/x-tar", stream)

    def check(self, staging: Staging) -> None:
        """Every byte is as in the backup, and SQLite finds the database sound."""
        super().check(staging)
        file = f"file:{staging.target}/{staging.options.database}?immutable=1"
        said = staging.service().run("sqlite3", "-bail", file, "PRAGMA integrity_check").text
        if said != "ok":
            raise CheckFailed(f"the database of volume {staging.volume.key!r} is damaged: {said}")

    def plant(self, source: Source, token: str) -> None:
        """A row in a table of our own: of other files in the volume a backup has none."""
        table = "CREATE TABLE IF NOT EXISTS volops_marker (token TEXT);"
        self._ask(source, f"{table} INSERT INTO volops_marker VALUES ('{token}')")  # noqa: S608 ([a-z0-9])

    def found(self, source: Source, token: str) -> bool:
        """True when that row is there."""
        return f"VALUES('{token}')" in self._ask(source, ".dump volops_marker")

    def _ask(self, source: Source, sql: str) -> str:
        file = f"{source.volume.targets[0]}/{source.options.database}"
        return source.service().run("sqlite3", "-bail", "-cmd", ".timeout 10000", file, sql).text


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """The SQLite type."""
    return [Sqlite]
