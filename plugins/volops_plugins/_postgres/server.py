"""What a running server says of itself, and which of its databases are to be dumped."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from volops import InvalidUse, ProducerFailed
from volops_plugins._postgres.names import quoted

NEVER = "template0"
"""Kept by PostgreSQL as initdb made it; nobody can connect to it (manual, "Template Databases")."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `x-volops` may say of a PostgreSQL volume.

    `databases`: only these; empty means every database. `exclude_databases`: not these.
    `lock_timeout_s`: how long pg_dump may wait for a locked table. `ready_timeout_s`: how long a server that
    is still starting is waited for.
    """

    databases: tuple[str, ...] = ()
    exclude_databases: tuple[str, ...] = ()
    lock_timeout_s: int = 60
    ready_timeout_s: int = 15


@dataclass(frozen=True, slots=True)
class Database:
    """One database of the cluster; `facts` are what a restored one must show again."""

    name: str
    template: bool
    connectable: bool
    invalid: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `main` is the database its container was made for, which may be gone by now.

    `place` is where on the volume its data directory is; None when it is elsewhere. `files` are where it
    reads its settings from, as it names them; `own_files` are small files at the top of its data directory
    that are not part of the cluster; `pristine` are databases as initdb made them, and `unasked` those of
    initdb of which nobody knows, with the reason. `roomy` is whether the user may have more sessions at once
    than a dump needs.
    """

    facts: Mapping[str, Any]
    main: str
    place: PurePosixPath | None
    reads_passwords: bool
    databases: tuple[Database, ...]
    files: tuple[str, ...] = ()
    own_files: tuple[str, ...] = ()
    pristine: frozenset[str] = field(default_factory=frozenset)
    unasked: Mapping[str, str] = field(default_factory=dict)
    roomy: bool = True

    def database(self, name: str) -> Database:
        """The database of that name. Raises InvalidUse, naming those there are."""
        for database in self.databases:
            if database.name == name:
                return database
        known = ", ".join(entry.name for entry in self.databases if entry.connectable)
        raise InvalidUse(f"no database {name!r} on this server", next_step=f"choose one of: {known}")

    def chosen(self, options: Options, warn: Callable[[str], None]) -> list[Database]:
        """The databases to dump, the main one first.

        By default all; those of initdb (`postgres`, `template1`) only when they hold something or are the
        main one. One whose removal was interrupted is warned of.
        Raises InvalidUse when `options` name one that is not there, or nothing is left; ProducerFailed when
        one takes no connections, or nobody knows whether one of initdb holds something: what is not in a
        backup is lost by whoever relies on it.
        """
        if options.databases:
            wanted = [self.database(name) for name in dict.fromkeys(options.databases)]
        else:
            left_out = {*options.exclude_databases, *(self.pristine - {self.main}), NEVER}
            wanted = [entry for entry in self.databases if entry.name not in left_out]
            for entry in wanted:
                if entry.invalid:
                    warn(f"database {entry.name!r} is not in the backup: its removal was interrupted")
            wanted = [entry for entry in wanted if not entry.invalid]
        for entry in wanted:
            _require_open(entry)
            if not options.databases:
                self._require_asked(entry.name)
        if not wanted:
            raise InvalidUse(
                "the options leave no database to dump", next_step="see databases, exclude_databases"
            )
        return sorted(wanted, key=lambda entry: entry.name != self.main)

    def _require_asked(self, name: str) -> None:
        if name in self.unasked and name != self.main:
            raise ProducerFailed(
                f"nobody knows whether database {name!r} holds anything: {self.unasked[name]}",
                next_step="let the user connect to it, or name it in exclude_databases of this volume",
            )

    def settings_files(self) -> tuple[list[str], list[str]]:
        """Paths inside the data directory, relative to it, and paths elsewhere, absolute."""
        inside, outside = set(self.own_files), set()
        home = PurePosixPath(self.facts["data_directory"] or "/")
        for name in self.files:
            path = PurePosixPath(posixpath.normpath(home / name))
            if path.is_relative_to(home) and home.name:
                inside.add(str(path.relative_to(home)))
            else:
                outside.add(str(path))
        return sorted(inside), sorted(outside)


def _require_open(database: Database) -> None:
    if not database.connectable:
        raise ProducerFailed(
            f"database {database.name!r} takes no connections, and so cannot be dumped",
            next_step=f"ALTER DATABASE {quoted(database.name)} ALLOW_CONNECTIONS true, or leave it out on "
            "purpose: name it in exclude_databases of this volume",
        )


def read_description(lines: Iterable[str]) -> Server:
    """The server that `session.sh describe` printed."""
    records: dict[str, list[Any]] = {}
    own_files: list[str] = []
    unasked: dict[str, str] = {}
    for line in lines:
        if line.startswith("{"):
            for key, value in json.loads(line).items():
                records.setdefault(key, []).append(value)
        elif line.startswith("./"):
            own_files.append(line[2:])
        elif line.startswith("! "):
            _, name, why = line.split(" ", 2)
            unasked[name] = why
    facts: dict[str, Any] = records["server"][0]
    place: str | None = facts.pop("place")
    return Server(
        facts=facts,
        main=facts.pop("main"),
        place=None if place is None else PurePosixPath(place.lstrip("/")),
        reads_passwords=facts.pop("reads_passwords"),
        databases=tuple(Database(**entry) for entry in records["database"]),
        files=tuple(dict.fromkeys(records.get("file", ()))),
        own_files=tuple(own_files),
        pristine=frozenset(records.get("pristine", ())),
        unasked=unasked,
        roomy=facts.pop("roomy"),
    )


def read_contents(lines: Collection[str]) -> dict[str, Any]:
    """What `session.sh counts` printed: extensions, rows per table, sequences, large objects.

    Raises ProducerFailed when its last line is missing: what is only believed to be empty would make a good
    backup one that cannot be restored.
    """
    contents: dict[str, Any] = {"extensions": {}, "rows": {}, "sequences": {}, "large_objects": 0}
    for line in lines:
        record: dict[str, Any] = json.loads(line)
        if "rows" in record:
            contents["rows"][record["rows"]] = record["count"]
        elif "sequence" in record:
            contents["sequences"][record["sequence"]] = record["value"]
        elif "extension" in record:
            contents["extensions"][record["extension"]] = record["version"]
        else:
            contents |= record
    if not contents.pop("all", False):
        raise ProducerFailed("what the database holds was told only in part", next_step="run again")
    return contents
