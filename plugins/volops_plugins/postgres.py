"""PostgreSQL volumes: the cluster's roles, every database under one snapshot, and its configuration files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from volops import (
    Artifact,
    ArtifactCorrupt,
    Criticality,
    DatabaseTarget,
    Exchange,
    Source,
    Staging,
    StoredArtifact,
    TableCopied,
    TableTarget,
    Volume,
    VolumeType,
    hookimpl,
)
from volops_plugins._beside import read_text
from volops_plugins._postgres import replacing, tables
from volops_plugins._postgres.aiming import Site, aim
from volops_plugins._postgres.console import psql
from volops_plugins._postgres.credentials import credentials
from volops_plugins._postgres.places import holds_cluster
from volops_plugins._postgres.refusals import look_ahead
from volops_plugins._postgres.restoring import Restoring
from volops_plugins._postgres.server import Database, Options
from volops_plugins._postgres.session import Session

VOLOPS_INTERFACE = 1

SQL = "application/sql"
TAR = "application/x-tar"
_END = re.compile(rb"\n--\n-- PostgreSQL database (cluster )?dump complete\n--\n\s*(\\unrestrict \w+\s*)?\Z")
"""The last lines of pg_dump and pg_dumpall; the third since 17.6, 16.10, 15.14 (CVE-2025-8714)."""
_END_BYTES = 512


class Postgres(VolumeType):
    """A PostgreSQL cluster, dumped by its own pg_dump from beside its container while it serves."""

    name = "postgres"
    summary = "PostgreSQL database records"
    icon = "📊"
    service_noun = "database"
    data_included = (
        "User accounts and authentication data",
        "Application records and business data",
        "Database schema and migrations history",
        "Roles, settings and configuration files of the server",
    )
    criticality = Criticality.CRITICAL
    typical_size = "100 MB to 10 GB"
    backup_priority = "HIGHEST: daily backups recommended"
    guarantees = (
        "Survives restarts and rebuilds of containers",
        "Survives `docker compose down`",
        "Removed by `docker compose down -v` and by `volops clean-all`",
    )
    proof = "databases, rows of every table, sequences, extensions, roles"
    Options: ClassVar[type[Any]] = Options

    def detect(self, volume: Volume) -> bool:
        """By its place in the container: where images keep a cluster, or where PGDATA says."""
        return any(holds_cluster(mount) for mount in volume.mounts)

    def dump(self, source: Source) -> Iterable[Artifact]:
        """The roles as SQL, each database as SQL with its own properties (`pg_dump --create`), the main one
        first, and the configuration files as tar.

        A full backup is restored into a new server, so databases are created, never dropped: loading one
        with psql beside live data cannot destroy any.
        """
        session = _open(source)
        server = session.server
        source.notes["server"] = server.facts
        if not server.reads_passwords:
            source.warn(
                f"database user {server.facts['user']!r} may not read password hashes: roles come back "
                "without passwords"
            )
        main, *others = server.chosen(source.options, source.warn)
        # While pg_dump looks at what there is, all that is small is read.
        roles, first = session.globals(), _dump(source, session, main, "--create")
        configuration = tuple(_configuration(source, session))
        yield Artifact(source.file_name("db_globals", ".sql"), SQL, roles)
        yield first
        for database in others:
            yield _dump(source, session, database, "--create")
        yield from configuration

    def dump_database(self, source: Source, database: str | None) -> Artifact:
        """One database (None: the main one) as SQL that replaces its objects when it is loaded into the
        live one: `psql -d NAME < FILE`. `facts` may be asked for afterwards, as after `dump`.

        Raises InvalidUse when there is no such database.
        """
        session = _open(source)
        source.notes["server"] = session.server.facts
        found = session.server.database(database or session.server.main)
        return _dump(source, session, found, "--clean", "--if-exists")

    def console(self, database: str, arguments: Sequence[str]) -> Sequence[str]:
        """psql, as the user and in the database that the container's environment names."""
        return psql(database, arguments)

    def aim(
        self, source: Source, database: str | None, head: bytes, facts: Mapping[str, Any]
    ) -> DatabaseTarget:
        """What the dump would replace on the running server. Raises RestoreRefused, InvalidUse."""
        return aim(Site(_open(source)), database, head, facts)

    def load_database(
        self, source: Source, target: DatabaseTarget, dump: Iterable[bytes], facts: Mapping[str, Any]
    ) -> str:
        """Into a new database of the running server, from template0, with the properties of the live one;
        have it analysed and counted."""
        return replacing.load(Site(_open(source)), target, dump, facts, source.warn)

    def exchange(self, source: Source, exchange: Exchange) -> None:
        """ALTER DATABASE RENAME, both in one transaction: the server itself sees to it that none is lost."""
        replacing.exchange(Site(_open(source)), exchange)

    def discard(self, source: Source, name: str) -> None:
        """DROP DATABASE; whoever is connected to it is not any more."""
        replacing.discard(Site(_open(source)), name)

    def databases(self, source: Source) -> Mapping[str, int]:
        """The server's databases with their sizes, once no exchange is under way any more."""
        return replacing.databases(Site(_open(source)))

    def earlier(self, source: Source, database: str) -> DatabaseTarget:
        """What restores of the database have kept on the server."""
        return replacing.earlier(Site(_open(source)), database)

    def aim_table(
        self,
        source: Source,
        table: str,
        copy: str | None,
        dump: Callable[[], Iterator[bytes]],
        facts: Mapping[str, Any],
    ) -> TableTarget:
        """Which table is meant, and that there is room for its copy in the live database."""
        return tables.aim_table(Site(_open(source)), table, copy, dump, facts)

    def copy_table(
        self, staging: Staging, source: Source, target: TableTarget, dump: Iterable[bytes]
    ) -> TableCopied:
        """Through a throwaway server in the staging area, and from there into the live one."""
        return tables.copy_table(staging, Site(_open(source)), target, dump)

    def facts(self, source: Source) -> Mapping[str, Any]:
        """`server`: version, roles, checksums. `databases`: for each its properties, extensions, exact rows
        per table and large objects of the dumped snapshot, and values which its sequences must have reached.
        `config`: the configuration files. Table names are quoted as SQL wants them.
        """
        return {key: source.notes[key] for key in ("server", "databases", "config") if key in source.notes}

    def plant(self, source: Source, token: str) -> None:
        """Insert a row into the table volops.marker of the main database."""
        session = _open(source)
        session.sql(session.server.main, _about("marker.sql", token))

    def found(self, source: Source, token: str) -> bool:
        """True when that row is there."""
        session = _open(source)
        held = session.sql(session.server.main, _about("found.sql", token))
        return bool(held)

    def preflight(self, staging: Staging, artifacts: Sequence[StoredArtifact]) -> None:
        """The image must be able to run the server that the backup needs, on this volume."""
        look_ahead(staging, artifacts)

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        """By a throwaway server of the service's own image: roles, each database as it streams, statistics
        for the planner, and the configuration files."""
        Restoring(staging).load(artifacts)

    def check(self, staging: Staging) -> None:
        """By such a server, started anew with the restored configuration: databases and their properties,
        rows of every table, sequences, extensions, large objects and roles are as recorded."""
        Restoring(staging).check()

    def verify(self, artifact: Artifact) -> None:
        """SQL must end as pg_dump and pg_dumpall end theirs. Raises ArtifactCorrupt."""
        if artifact.media_type != SQL:
            super().verify(artifact)
            return
        tail = b"\n"
        for chunk in artifact.stream:
            tail = (tail + chunk)[-_END_BYTES:] if len(chunk) < _END_BYTES else chunk[-_END_BYTES:]
        if not _END.search(tail):
            raise ArtifactCorrupt(f"{artifact.name} is no whole dump: pg_dump's last line is missing")


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """The PostgreSQL type."""
    return [Postgres]


def _open(source: Source) -> Session:
    told = credentials(source.environment(), source.service_file)
    mounts = source.volume.mounts
    service = next(filter(holds_cluster, mounts), mounts[0]).service
    return Session(source.beside(), service.name, source.options, told, source.warn)


def _dump(source: Source, session: Session, database: Database, *flags: str) -> Artifact:
    main = database.name == session.server.main
    name = source.file_name("db_backup", ".sql", "" if main else database.name)

    def keep(contents: Mapping[str, Any]) -> None:
        facts = {"artifact": name, "main": main, **database.facts, **contents}
        source.notes.setdefault("databases", {})[database.name] = facts

    return Artifact(name, SQL, session.dump(database.name, *flags, keep=keep))


def _configuration(source: Source, session: Session) -> Iterator[Artifact]:
    """The files in PGDATA that a new initdb would not make again; those elsewhere are named in the facts."""
    named, elsewhere = session.server.settings_files()
    place = session.server.place
    outside = [path for path in elsewhere if source.service_file(path) is not None]
    if place is None:
        source.warn(
            "the server keeps its data elsewhere than on this volume: its configuration files are not in the "
            "backup, and its data may go with its container"
        )
        source.notes["config"] = {"files": [], "outside": outside, "directory": ""}
        return
    files = session.present(named)
    source.notes["config"] = {"files": files, "outside": outside, "directory": str(place)}
    if files:
        stream = source.tar(*(str(place / name) for name in files))
        yield Artifact(source.file_name("db_config", ".tar"), TAR, stream)


def _about(name: str, token: str) -> str:
    """The SQL of that file, about one marker."""
    if not re.fullmatch(r"[a-z0-9]{1,32}", token):
        raise ValueError(f"not a marker token: {token!r}")
    return read_text("volops_plugins._postgres", name).replace("TOKEN", token)
