"""Whether a restored server shows again what was recorded when it was dumped."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from volops import CheckFailed
from volops_plugins._beside import read_text
from volops_plugins._postgres.meanwhile import meanwhile
from volops_plugins._postgres.server import Server, read_contents, read_description

_PROPERTIES = ("encoding", "collate", "ctype", "provider", "locale")
_NAMED = 3


class Asked(Protocol):
    """A server that can be asked by psql; `home` is a directory where psql may write files."""

    @property
    def home(self) -> str: ...

    def ask(self, statements: str, database: str, *options: str) -> list[str]:
        """The lines that psql prints, unaligned; raises with its error."""
        ...


def prove(server: Asked, facts: Mapping[str, Any], warn: Callable[[str], None]) -> None:
    """Raise CheckFailed, naming the first differences, unless all that `facts` tell is there again."""
    names = tuple(facts["databases"])
    counting = dict(zip(names, meanwhile(*(partial(count, server, name) for name in names)), strict=True))
    given = [word for name in ("main", "place", "on_volume", "roomy") for word in ("-v", f"{name}=/")]
    found = read_description(server.ask(read_text(__package__, "describe.sql"), "template1", *given))
    wrong = list(_of_cluster(found, facts["server"]))
    for name, recorded in facts["databases"].items():
        properties = next((each.facts for each in found.databases if each.name == name), None)
        if properties is None:
            wrong.append(f"database {name!r} is missing")
            continue
        if properties["owner"] != recorded["owner"]:
            wrong.append(
                f"database {name!r}: its owner is {properties['owner']!r}, was {recorded['owner']!r}"
            )
        differences = _of_database(name, counting[name].result(), properties, recorded, warn)
        wrong += [f"database {name!r}: {each}" for each in differences]
    _require(wrong)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds, counted as for a dump (see `read_contents`); `descending` are its sequences that
    do not simply go up."""

    counted: Mapping[str, Any]
    descending: frozenset[str]


def prove_database(
    name: str,
    contents: Contents,
    properties: Mapping[str, Any],
    recorded: Mapping[str, Any],
    warn: Callable[[str], None],
) -> None:
    """Raise CheckFailed, naming the first differences, unless a database shows all again that was recorded
    of it. Whose it is does not count."""
    _require(list(_of_database(name, contents, properties, recorded, warn)))


def count(server: Asked, name: str) -> Contents:
    """Count what a database holds."""
    files = {each: f"{server.home}/{each}" for each in ("sequences", "facts")}
    options = [word for each, path in files.items() for word in ("-v", f"{each}={path}")]
    statements = (
        read_text(__package__, "snapshot.sql") + "\nCOMMIT;\n\\o\n" + read_text(__package__, "restored.sql")
    )
    statements += "".join(f"\\! cat {path}\n" for path in files.values())
    statements += "\\! echo '{\"all\": true}'\n"
    lines = [
        line for line in server.ask(statements, name, "-v", "lock_ms=0", *options) if line.startswith("{")
    ]
    descending = [json.loads(line)["descending"] for line in lines if line.startswith('{"descending"')]
    counted = read_contents([line for line in lines if not line.startswith('{"descending"')])
    return Contents(counted, frozenset(descending))


def _require(wrong: list[str]) -> None:
    if wrong:
        more = f", and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise CheckFailed(
            f"the restored database is not as it was: {'; '.join(wrong[:_NAMED])}{more}",
            next_step="the live data is as it was; restore another backup, see `volops list`",
        )


def _of_cluster(found: Server, recorded: Mapping[str, Any]) -> Iterator[str]:
    for role in sorted(set(recorded["roles"]) - set(found.facts["roles"])):
        yield f"role {role!r} is missing"
    if found.facts["data_checksums"] != recorded["data_checksums"]:
        yield "data checksums are not on or off as they were"


def _of_database(
    name: str,
    contents: Contents,
    properties: Mapping[str, Any],
    recorded: Mapping[str, Any],
    warn: Callable[[str], None],
) -> Iterator[str]:
    for key in _PROPERTIES:
        if key in recorded and properties[key] != recorded[key]:
            yield f"its {key} is {properties[key]!r}, was {recorded[key]!r}"
    version, was = properties.get("collation_version"), recorded.get("collation_version")
    # What the C library's will be is known, and told, before anything is made.
    if recorded.get("provider", "libc") != "libc" and version and was and version != was:
        warn(
            f"database {name!r} was sorted by version {was} of its collation, and is by {version}: its "
            "indexes are made anew, but text may sort otherwise"
        )
    found = contents.counted
    yield from _extensions(name, found["extensions"], recorded["extensions"], warn)
    yield from _rows(found["rows"], recorded["rows"])
    yield from _sequences(found["sequences"], recorded["sequences"], contents.descending)
    if found["large_objects"] != recorded["large_objects"]:
        yield f"it has {found['large_objects']} large objects, had {recorded['large_objects']}"


def _extensions(
    name: str, found: Mapping[str, str], recorded: Mapping[str, str], warn: Callable[[str], None]
) -> Iterator[str]:
    for extension, version in recorded.items():
        if extension not in found:
            yield f"extension {extension!r} is missing"
        elif found[extension] != version:
            warn(
                f"extension {extension!r} of database {name!r} comes as {found[extension]} from this image, "
                f"was {version}"
            )


def _rows(found: Mapping[str, int], recorded: Mapping[str, int]) -> Iterator[str]:
    for table, rows in recorded.items():
        if table not in found:
            yield f"table {table} is missing"
        elif found[table] != rows:
            yield f"table {table} has {found[table]} rows, had {rows}"
    for table in sorted(set(found) - set(recorded)):
        yield f"table {table} was not there"


def _sequences(
    found: Mapping[str, int | None], recorded: Mapping[str, int | None], descending: Collection[str]
) -> Iterator[str]:
    """The dump was made after the values were read: a sequence that goes up may only have gone on since."""
    for sequence, value in recorded.items():
        if sequence not in found:
            yield f"sequence {sequence} is missing"
        elif value is not None and sequence not in descending and (found[sequence] or 0) < value:
            yield f"sequence {sequence} is at {found[sequence]}, was at {value}"
