"""What a dump of one database would replace on a running server, and why it cannot."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from volops import DatabaseTarget, Exchange, InvalidUse, RestoreRefused
from volops_plugins._beside import read_text
from volops_plugins._postgres.names import NAME_BYTES, before, incoming, is_before, quoted
from volops_plugins._postgres.plain_dump import read_head
from volops_plugins._postgres.server import Database, Server
from volops_plugins._postgres.session import Session

_TEMPLATES = ("template0", "template1")
_FIRST = ("postgres", "template1")


@dataclass(frozen=True, slots=True)
class Site:
    """The server that a session talks to, as databases are replaced on it."""

    session: Session

    @property
    def server(self) -> Server:
        """The server."""
        return self.session.server

    @property
    def major(self) -> int:
        """Its major version."""
        return int(self.server.facts["version_num"]) // 10000

    def live(self, name: str) -> Database | None:
        """The database of that name, or None."""
        return next((each for each in self.server.databases if each.name == name), None)

    def kept(self, name: str) -> dict[str, int]:
        """What was kept of the database before its restores, the newest first, with sizes in bytes."""
        found = [each for each in self.server.databases if is_before(name, each.name)]
        found.sort(key=lambda each: each.name, reverse=True)
        return {each.name: each.facts["bytes"] or 0 for each in found}

    def target(self, name: str, incoming_name: str) -> tuple[DatabaseTarget, Mapping[str, Any]]:
        """What putting `incoming_name` in the place of `name` means, and what `survey.sql` says of it."""
        live = self.live(name)
        # As people read it, like the names of backups: local time.
        kept = before(name, datetime.now()) if live else ""  # noqa: DTZ005
        exchange = Exchange(name, incoming_name, kept)
        survey = self.survey(exchange)
        size = live.facts["bytes"] if live else None
        return DatabaseTarget(exchange, size, survey["sessions"], self.kept(name)), survey

    def survey(self, exchange: Exchange) -> Mapping[str, Any]:
        """What `survey.sql` says of the live database."""
        statements = read_text(__package__, "survey.sql")
        said = self.session.sql(self.apart(exchange), statements, "-v", f"live={exchange.live}")
        return said[0]

    def apart(self, exchange: Exchange | None = None) -> str:
        """A database to be connected to while others change their names. Raises RestoreRefused."""
        taken = {exchange.live, exchange.incoming, exchange.kept} if exchange else set()
        there = {each.name for each in self.server.databases if each.connectable and not each.invalid}
        free = there - taken
        for name in (*_FIRST, *sorted(free)):
            if name in free:
                return name
        raise RestoreRefused(
            "the server has no other database to connect to meanwhile",
            next_step="make one called postgres",
        )

    def command(self, statement: str) -> str:
        """A command line for a person, that runs SQL on this server."""
        words = ["docker", "compose", "exec", "-T", self.session.service]
        words += ["psql", "-U", self.server.facts["user"], "-d", self.apart(), "-c", statement]
        return shlex.join(words)


def aim(site: Site, database: str | None, head: bytes, facts: Mapping[str, Any]) -> DatabaseTarget:
    """See `volops.database_type`."""
    recorded = dict(facts.get("databases", {}))
    name = database or next(iter(recorded), "") or site.server.main
    if name in _TEMPLATES or len(name.encode()) > NAME_BYTES:
        raise InvalidUse(
            f"a dump cannot be restored as {name!r}", next_step="choose another name with --database"
        )
    told = read_head(head)
    _refuse_newer(site, max(told.of, told.by, int(facts.get("server", {}).get("version_num", 0)) // 10000))
    if site.server.facts["in_recovery"]:
        raise RestoreRefused(
            "the server is a standby, which takes no changes", next_step="restore its primary"
        )
    target, survey = site.target(name, incoming(name))
    _refuse_rights(site, target.exchange, survey)
    _refuse_occupied(site, target.exchange, survey)
    wanted = {each for entry in recorded.values() for each in entry["extensions"]}
    if missing := sorted(wanted - set(survey["extensions"] or ())):
        raise RestoreRefused(
            f"the server lacks extensions that the dump needs: {', '.join(missing)}",
            next_step="give the service the image that it had when the dump was made",
        )
    _refuse_full(site, max((entry.get("bytes") or 0 for entry in recorded.values()), default=0))
    return target


def _refuse_newer(site: Site, major: int) -> None:
    if major > site.major:
        raise RestoreRefused(
            f"the dump is of PostgreSQL {major}, and the server is {site.server.facts['version']}: an older "
            "server cannot be relied on to read it",
            next_step=f"give the service an image of PostgreSQL {major} or newer",
        )


def _refuse_rights(site: Site, exchange: Exchange, survey: Mapping[str, Any]) -> None:
    user = str(site.server.facts["user"])
    if not survey["creates"]:
        raise RestoreRefused(
            f"database user {user!r} may not create databases, and a dump is loaded into a new one beside "
            "the live one",
            next_step=f"as a superuser: ALTER ROLE {quoted(user)} CREATEDB",
        )
    live = site.live(exchange.live)
    if live and not survey["owns"]:
        owner = live.facts["owner"]
        raise RestoreRefused(
            f"database {exchange.live!r} belongs to {owner!r}, and user {user!r} may not rename it",
            next_step=f"as a superuser: GRANT {quoted(owner)} TO {quoted(user)}",
        )


def _refuse_occupied(site: Site, exchange: Exchange, survey: Mapping[str, Any]) -> None:
    if survey["prepared"]:
        raise RestoreRefused(
            f"database {exchange.live!r} has {survey['prepared']} prepared transactions, which keep it from "
            "being renamed",
            next_step="see pg_prepared_xacts, then COMMIT PREPARED or ROLLBACK PREPARED each",
        )
    for name in (exchange.incoming, exchange.kept):
        if site.live(name):
            raise RestoreRefused(
                f"a database {name!r} is there already, and volops does not know what it is for",
                next_step=f"if nobody needs it: {site.command(f'DROP DATABASE {quoted(name)}')}",
            )


def _refuse_full(site: Site, needed: int) -> None:
    if site.server.place is None:
        return
    free = site.session.free()
    if free < needed:
        raise RestoreRefused(
            f"a second copy of the database takes about {needed >> 20} MiB, and {free >> 20} MiB are free",
            next_step="free some space on the disk of the volume",
        )
