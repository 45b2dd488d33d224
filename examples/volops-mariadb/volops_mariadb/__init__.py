"""MariaDB volumes: accounts and databases as SQL, dumped while the server serves, restored on another one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from volops import (
    Artifact,
    ArtifactCorrupt,
    CheckFailed,
    Criticality,
    InvalidUse,
    ProducerFailed,
    RestoreRefused,
    Source,
    Staging,
    StoredArtifact,
    Volume,
    VolumeType,
    hookimpl,
)
from volops_mariadb.console import client
from volops_mariadb.session import ACCOUNTS, OVERVIEW, Session, normal, version
from volops_mariadb.statements import END, Statements
from volops_mariadb.throwaway import Throwaway

VOLOPS_INTERFACE = 1
SQL = "application/sql"
PLACE = "/var/lib/mysql"
_COUNTED = ("tables", "routines", "triggers", "events")
_TAIL = 64
_VERSION = "command -v mariadb-install-db >/dev/null && mariadbd --version"
_MARKERS = (
    "CREATE DATABASE IF NOT EXISTS volops_marker; USE volops_marker;"
    "CREATE TABLE IF NOT EXISTS marker (token VARCHAR(32) PRIMARY KEY);"
)


class Mariadb(VolumeType):
    """A MariaDB server: all its databases with routines, triggers and events, accounts and rights."""

    name = "mariadb"
    summary = "MariaDB database records"
    icon = "📊"
    service_noun = "database"
    data_included = ("Tables and views", "Routines, triggers and events", "Accounts, roles and rights")
    criticality = Criticality.CRITICAL
    typical_size = "100 MB to 10 GB"
    backup_priority = "HIGHEST: daily backups recommended"
    guarantees = ("Survives restarts and rebuilds of containers", "Removed by `docker compose down -v`")
    proof = "every statement of a dump of the restored server, accounts and rights"

    def detect(self, volume: Volume) -> bool:
        """By the place of the data directory, in a container of an image whose name says MariaDB."""
        return any(
            mount.target.rstrip("/") == PLACE and "mariadb" in mount.service.image.rsplit("/", 1)[-1]
            for mount in volume.mounts
        )

    def dump(self, source: Source) -> Iterable[Artifact]:
        """The accounts, then all databases under one snapshot."""
        session = Session(source)
        overview = source.notes["overview"] = session.overview()
        if overview["unlocked"]:
            source.warn(
                f"{overview['unlocked']} tables are not of InnoDB: what is written to them meanwhile may be "
                "saved in part"
            )
        source.notes["accounts"] = session.accounts()
        yield Artifact(source.file_name("db_globals", ".sql"), SQL, session.users())
        if overview["databases"]:
            statements = source.notes["statements"] = Statements()
            stream = statements.passing(session.dump(overview["databases"]))
            yield Artifact(source.file_name("db_backup", ".sql"), SQL, stream)

    def dump_database(self, source: Source, database: str | None) -> Artifact:
        """One database (None: the one that the service is named with, or the only one) as SQL that drops and
        makes it where it is loaded."""
        session = Session(source)
        overview = session.overview()
        name = _chosen(overview["databases"], database or _named(source.environment()))
        statements = Statements()
        source.notes["alone"] = (overview["version"], name, statements)
        stream = statements.passing(session.dump_one(name))
        return Artifact(source.file_name("db_backup", ".sql"), SQL, stream)

    def console(self, database: str, arguments: Sequence[str]) -> Sequence[str]:
        """The mariadb client, as root."""
        return client(database, arguments)

    def facts(self, source: Source) -> Mapping[str, Any]:
        """What there is of each kind, the digest of all statements, and of the accounts; whose the volume is.
        No hash of a password is in it. Of a database that was dumped alone: its name and the digest."""
        if "alone" in source.notes:
            program, name, dumped = source.notes["alone"]
            return {"version": program, "databases": [name], "statements_sha256": dumped.sha256()}
        overview = dict(source.notes["overview"])
        digest = Statements()
        for _ in digest.passing([source.notes["accounts"].encode()]):
            pass
        statements = source.notes.get("statements")
        owner, mode = source.tree().run("stat", "-c", "%u:%g %a", "/volume").text.split()
        return {
            **{key: overview[key] for key in ("version", "databases", *_COUNTED)},
            "statements_sha256": statements.sha256() if statements else "",
            "accounts_sha256": digest.sha256(),
            "owner": owner,
            "mode": mode,
        }

    def preflight(self, staging: Staging, artifacts: Sequence[StoredArtifact]) -> None:
        """The image must have a server that is not older than the one that was dumped."""
        if "version" not in staging.facts:
            raise RestoreRefused("nothing is recorded of this server", next_step="load its SQL with mariadb")
        recorded = version(staging.facts["version"])
        try:
            said = staging.image().run("sh", "-c", _VERSION)
        except ProducerFailed as error:
            raise RestoreRefused(f"the service's image has no MariaDB server: {error.message}") from error
        if version(said.text)[:2] < recorded[:2]:
            raise RestoreRefused(
                f"the backup is of MariaDB {staging.facts['version']}, and the image has {said.text}",
                next_step="use an image of that version or a newer one",
            )
        if not artifacts:
            raise RestoreRefused("the backup holds nothing of this server", next_step="see `volops show`")

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        """A new data directory; the databases, then the accounts, so that ours can make all of it."""
        server = Throwaway(staging, staging.facts["owner"])
        server.initialise(staging.facts["mode"])
        accounts = b""
        with server.running():
            for artifact in artifacts:
                if artifact.name.startswith("db_globals"):
                    accounts = b"".join(artifact.stream)
                else:
                    server.load(artifact.stream)
            server.forget_accounts()
            server.load([accounts])

    def check(self, staging: Staging) -> None:
        """Dump the new server and hold it against the recorded digests; under another version of the program
        against what there is of each kind."""
        server, facts = Throwaway(staging, staging.facts["owner"]), staging.facts
        with server.running():
            found = _overview(server)
            wrong = [key for key in ("databases", *_COUNTED) if found[key] != facts[key]]
            if version(found["version"]) != version(facts["version"]):
                staging.warn(
                    f"restored by MariaDB {found['version']}: rows could not be compared, only counts"
                )
            else:
                wrong += _differences(server, facts)
        if wrong:
            raise CheckFailed(
                f"volume {staging.volume.key!r} is not as it was backed up: {', '.join(wrong)}",
                next_step="restore another backup, see `volops list`",
            )

    def plant(self, source: Source, token: str) -> None:
        """A row in a database of our own."""
        Session(source).ask(f"{_MARKERS} INSERT INTO marker VALUES ('{token}')")  # noqa: S608 ([a-z0-9])

    def found(self, source: Source, token: str) -> bool:
        """True when that row is there."""
        tables = "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'volops_marker'"
        session = Session(source)
        rows = f"SELECT COUNT(*) FROM volops_marker.marker WHERE token = '{token}'"  # noqa: S608 ([a-z0-9])
        return session.ask(tables) == "1" and session.ask(rows) == "1"

    def verify(self, artifact: Artifact) -> None:
        """A dump is whole when its last line says so."""
        tail = b""
        for chunk in artifact.stream:
            tail = (tail + chunk)[-_TAIL:]
        if END not in tail:
            raise ArtifactCorrupt(f"{artifact.name} is no whole dump: its end is missing")


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """The MariaDB type."""
    return [Mariadb]


def _named(environment: Mapping[str, str]) -> str:
    """The database that the image makes for the service."""
    return environment.get("MARIADB_DATABASE") or environment.get("MYSQL_DATABASE") or ""


def _chosen(databases: Sequence[str], wanted: str) -> str:
    if wanted in databases:
        return wanted
    if wanted or len(databases) != 1:
        what = f"there is no database {wanted!r}" if wanted else f"the server has {len(databases)} databases"
        raise InvalidUse(what, next_step=f"choose one of: {', '.join(databases) or 'none'}")
    return databases[0]


def _overview(server: Throwaway) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(server.ask(OVERVIEW))
    return {**found, "databases": found["databases"] or []}


def _differences(server: Throwaway, facts: Mapping[str, Any]) -> list[str]:
    statements, accounts = Statements(), Statements()
    if facts["databases"]:
        for _ in statements.passing(server.dump(facts["databases"])):
            pass
    for _ in accounts.passing([normal(server.ask(ACCOUNTS)).encode()]):
        pass
    wrong = []
    if facts["databases"] and statements.sha256() != facts["statements_sha256"]:
        wrong.append("rows or structure")
    if accounts.sha256() != facts["accounts_sha256"]:
        wrong.append("accounts or rights")
    return wrong
