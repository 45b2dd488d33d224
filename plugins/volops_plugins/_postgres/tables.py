"""One table of a dump beside the live one: for whoever has dropped a table, or spoilt its rows."""

from __future__ import annotations

import difflib
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from volops import (
    CheckFailed,
    InvalidUse,
    RestoreFailed,
    RestoreRefused,
    Staging,
    TableCopied,
    TableTarget,
)
from volops_plugins._beside import read_text
from volops_plugins._postgres.aiming import Site
from volops_plugins._postgres.loading import without_fences
from volops_plugins._postgres.names import NAME_BYTES, literal, qualified, quoted, unquoted
from volops_plugins._postgres.putting_back import Columns, statements
from volops_plugins._postgres.restoring import Restoring
from volops_plugins._postgres.session import reason
from volops_plugins._postgres.throwaway import Throwaway

_RESTORED = "_restored"
_NAME = re.compile(r'("(?:[^"]|"")+"|[^".]+)(?:\.("(?:[^"]|"")+"|[^".]+))?')
_MAKES = re.compile(rb"^CREATE (?:UNLOGGED )?TABLE (.+) \($", re.MULTILINE)
_NEAREST = 5
_UNTOUCHED = "the live database is as it was"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What `table.sql` says; `parts` are quoted names."""

    partitioned: bool
    parts: tuple[str, ...]
    columns: Columns
    rows: int


def aim_table(
    site: Site, table: str, copy: str | None, dump: Callable[[], Iterator[bytes]], facts: Mapping[str, Any]
) -> TableTarget:
    """See `volops.database_type`."""
    database, recorded = next(iter(facts["databases"].items()))
    schema, name = _find(table, recorded["rows"], dump)
    copy = copy or name.encode()[: NAME_BYTES - len(_RESTORED)].decode("utf-8", "ignore") + _RESTORED
    if len(copy.encode()) > NAME_BYTES:
        raise InvalidUse(
            f"{copy!r} is longer than {NAME_BYTES} bytes", next_step="choose a shorter name with --as"
        )
    if site.live(database) is None:
        raise RestoreRefused(
            f"there is no live database {database!r} for the table to be copied into",
            next_step="restore the whole database: leave --table away",
        )
    there = _looked_up(site, database, schema, copy)
    if not there["schema"]:
        raise RestoreRefused(
            f"database {database!r} has no schema {schema!r} any more",
            next_step=f"make it: CREATE SCHEMA {quoted(schema)}",
        )
    if there["table"]:
        raise RestoreRefused(
            f"table {qualified(schema, copy)} is there already",
            next_step=f"choose another name with --as, or: DROP TABLE {qualified(schema, copy)}",
        )
    return TableTarget(database, schema, name, copy)


def copy_table(staging: Staging, site: Site, target: TableTarget, dump: Iterable[bytes]) -> TableCopied:
    """See `volops.database_type`."""
    name = qualified(target.schema, target.copy)
    with Restoring(staging).serving(target.database, dump) as server:
        shape = _shape(server, target)
        _prove(shape, target, staging.facts["databases"][target.database]["rows"])
        done = site.session.load(target.database, _script(server, target, shape), "--single-transaction")
    if done.code:
        raise RestoreFailed(
            f"{name} cannot be made in database {target.database!r}: {reason(done.stderr)}",
            next_step=f"{_UNTOUCHED}; make there what is missing, or restore the whole database beside it: "
            "leave --table away and name another --database",
        )
    return TableCopied(name, shape.rows, statements(site, target, shape.columns))


def _find(table: str, known: Iterable[str], dump: Callable[[], Iterator[bytes]]) -> tuple[str, str]:
    """Schema and name of the table that is meant. Raises InvalidUse with the nearest ones."""
    wanted = _parsed(table)
    if wanted is None:
        raise InvalidUse(f"{table!r} is no table's name", next_step="write it as --table SCHEMA.TABLE")
    tables = [found for found in map(_parsed, known) if found]
    matching = _matching(wanted, tables)
    if not matching:
        # Partitioned tables have no rows of their own, and are not counted.
        tables = list(dict.fromkeys([*tables, *filter(None, map(_parsed, _made_by(dump())))]))
        matching = _matching(wanted, tables)
    if len(matching) == 1:
        return matching[0]
    shown = [qualified(*each) for each in matching or _nearest(wanted, tables)]
    if matching:
        raise InvalidUse(
            f"{table!r} may be any of {len(matching)} tables", next_step=f"say which: {', '.join(shown)}"
        )
    raise InvalidUse(
        f"the backup has no table {table!r}",
        next_step=f"choose one of: {', '.join(shown)}" if shown else "it has no tables at all",
    )


def _matching(wanted: tuple[str, str], tables: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the very name, else of the name as SQL reads it without quotes."""
    for schema, name in (wanted, (wanted[0].lower(), wanted[1].lower())):
        found = [each for each in tables if each[1] == name and schema in ("", each[0])]
        if found:
            return [each for each in found if not schema and each[0] == "public"] or found
    return []


def _nearest(wanted: tuple[str, str], tables: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    by_name = {name.lower(): (schema, name) for schema, name in reversed(tables)}
    near = difflib.get_close_matches(wanted[1].lower(), list(by_name), _NEAREST, 0.4)
    return [by_name[name] for name in near] or list(tables[:_NEAREST])


def _parsed(text: str) -> tuple[str, str] | None:
    """(schema, name) of a name as SQL writes it; the schema is empty when it has none."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    first, second = (part and unquoted(part) for part in found.groups())
    return (first, second) if second else ("", first)


def _made_by(dump: Iterable[bytes]) -> Iterator[str]:
    """Names of the tables that a dump makes, as it writes them."""
    rest = b""
    for chunk in itertools.chain(dump, [b"\n"]):
        text = rest + chunk
        end = text.rfind(b"\n") + 1
        for made in _MAKES.finditer(text, 0, end):
            yield made[1].decode("utf-8", "replace")
        rest = text[end:]


def _looked_up(site: Site, database: str, schema: str, table: str) -> Mapping[str, Any]:
    query = f"""SELECT json_build_object(
        'schema', to_regnamespace({literal(quoted(schema))}) IS NOT NULL,
        'table', to_regclass({literal(qualified(schema, table))}) IS NOT NULL);"""
    return site.session.sql(database, query)[0]


def _shape(server: Throwaway, target: TableTarget) -> _Shape:
    variables = {"schema": target.schema, "name": target.table, "copy": target.copy}
    options = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    said = server.ask(read_text(__package__, "table.sql"), target.database, *options)
    found = json.loads(next(line for line in said if line.startswith("{")))
    return _Shape(
        partitioned=found["partitioned"],
        parts=tuple(found["parts"]),
        columns=Columns(found["columns"], found["always"], found["counting"]),
        rows=found["rows"],
    )


def _prove(shape: _Shape, target: TableTarget, recorded: Mapping[str, int]) -> None:
    parts = shape.parts if shape.partitioned else (_as_recorded(target, recorded),)
    expected = sum(recorded.get(part, 0) for part in parts)
    if shape.rows != expected:
        raise CheckFailed(
            f"table {qualified(target.schema, target.table)} has {shape.rows} rows in the backup, had "
            f"{expected} when it was made",
            next_step=f"{_UNTOUCHED}; use another backup, see `volops list`",
        )


def _as_recorded(target: TableTarget, recorded: Mapping[str, int]) -> str:
    return next((name for name in recorded if _parsed(name) == (target.schema, target.table)), "")


def _script(server: Throwaway, target: TableTarget, shape: _Shape) -> Iterator[bytes]:
    """SQL that makes the copy: structure, rows, indexes and rights, and the proof that all rows are there."""
    name, columns = qualified(target.schema, target.copy), ", ".join(shape.columns.names)
    dumped = ("--schema-only", "--encoding=UTF8", f"--table={name}")
    before = b"".join(server.stream("pg_dump", target.database, *dumped, "--section=pre-data"))
    after = b"".join(server.stream("pg_dump", target.database, *dumped, "--section=post-data"))
    yield without_fences(before)
    yield f"COPY {name} ({columns}) FROM stdin;\n".encode()
    only = "" if shape.partitioned else "ONLY "
    rows = f"COPY (SELECT {columns} FROM {only}{qualified(target.schema, target.table)}) TO STDOUT"  # noqa: S608
    yield from server.stream("psql", target.database, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", rows)
    yield b"\\.\n"
    yield without_fences(after)
    counted = f"(SELECT count(*) FROM {name}) <> {shape.rows}"  # noqa: S608
    complain = "RAISE 'not all rows came through'"
    yield f"DO $volops$ BEGIN IF {counted} THEN {complain}; END IF; END $volops$;\n".encode()
    yield f"ANALYZE {name};\n".encode()
