"""Roles and databases into a throwaway server, each as it streams."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from volops import RestoreFailed
from volops_plugins._postgres.freezing import freezing
from volops_plugins._postgres.names import quoted
from volops_plugins._postgres.session import reason
from volops_plugins._postgres.throwaway import Throwaway

_PROLOGUE_BYTES = 1 << 20
_CONNECT = re.compile(rb"^\\connect .*\n", re.MULTILINE)
_ENTRY = re.compile(rb"^-- Name: .*; Type: ([A-Z ]+); Schema: ", re.MULTILINE)
_OF_DATABASE = (b"DATABASE", b"DATABASE PROPERTIES", b"COMMENT", b"SECURITY LABEL")
_FENCE = re.compile(rb"^\\(un)?restrict \w+\n", re.MULTILINE)
"""What fences psql in since 17.6, 16.10, 15.14 (CVE-2025-8714): older ones do not know it, and a helper
without network that is thrown away fences better."""
_TAIL_BYTES = 512
_PACKING = b"""SELECT pg_catalog.set_config(name, 'lz4', false) FROM pg_catalog.pg_settings
WHERE name = 'default_toast_compression' AND source = 'default' AND 'lz4' = ANY (enumvals);
"""
"""Long values are packed with LZ4 where the server can and neither their column nor the database says
otherwise: PGLZ needs a third of the time that a server takes to load prose. Both may be in one table."""
ANOTHER_WAY = (
    "restore another backup, see `volops list`, or get the rows out of this one by hand: docs/recovery.md, "
    '"A dump that does not load"'
)
"""What to do about a dump that does not load: it may be whole all the same, and another no better."""
_TEMPLATES = ("template1", "postgres")
"""The databases that a new cluster has already (manual, "Template Databases")."""


def load_globals(server: Throwaway, text: bytes, superuser: str) -> None:
    """Roles, their settings and memberships, tablespaces. Raises RestoreFailed with psql's error.

    The role that made the cluster is there already; what is said of it afterwards (its password) counts.
    """
    plain, in_quotes = re.escape(superuser.encode()), re.escape(quoted(superuser).encode())
    made = re.compile(rb"^CREATE ROLE (%s|%s);\n" % (plain, in_quotes), re.MULTILINE)
    done = server.psql([made.sub(b"", _FENCE.sub(b"", text), count=1)], "template1", "-o", "/dev/null")
    if done.code:
        raise RestoreFailed(f"the roles cannot be loaded: {reason(done.stderr)}")


def load_database(
    server: Throwaway,
    name: str,
    stream: Iterator[bytes],
    large: Collection[bytes],
    told: Callable[[bytes], bytes],
) -> None:
    """A database from the SQL of `pg_dump --create`, all in one transaction but for its `large` tables, of
    which others are `told` (see `freezing`): what is loaded into a table that the same transaction made or
    emptied needs no write-ahead log (wal_level=minimal), and can be frozen.

    Raises RestoreFailed with psql's error.
    """
    prologue, rest = split(stream)
    entry = next(each for each in _TEMPLATES if each != name)
    if name in _TEMPLATES:
        server.ask(_drop(name), entry)
    # The last thing it does is to connect to the new database.
    _fed(
        server,
        name,
        entry,
        itertools.chain([_FENCE.sub(b"", prologue)], _in_one(freezing(unfenced(rest), large, told))),
    )


def load_contents(server: Throwaway, name: str, dump: Iterable[bytes]) -> None:
    """What is in a database (see `loadable`), into an empty one, in one transaction.

    Raises RestoreFailed with psql's error.
    """
    _fed(server, name, name, _in_one(freezing(dump)))


def _in_one(dump: Iterable[bytes]) -> Iterator[bytes]:
    """What is in a database, in one transaction."""
    return itertools.chain([_PACKING, b"BEGIN;\n"], dump, [b"\nCOMMIT;\n"])


def split(stream: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """What makes the database, up to the last `\\connect` to it, and all the rest.

    pg_dump connects once the database is there, and again when it has set the database's own settings;
    both come before anything that is in the database. Raises RestoreFailed when it does not connect.
    """
    head = b""
    for chunk in stream:
        head += chunk
        if _in_database(head) is not None or len(head) > _PROLOGUE_BYTES:
            break
    end = _in_database(head)
    connects = list(_CONNECT.finditer(head, 0, len(head) if end is None else end))
    if not connects:
        for _ in stream:
            pass
        raise RestoreFailed("the dump does not make its database: it was not made by `volops backup`")
    cut = connects[-1].end()
    return head[:cut], itertools.chain([head[cut:]], stream)


def unfenced(stream: Iterable[bytes]) -> Iterator[bytes]:
    """The rest of a dump without `\\restrict` at its beginning and `\\unrestrict` at its end."""
    held, begun = b"", False
    for chunk in stream:
        held += chunk
        if len(held) > 2 * _TAIL_BYTES:
            ready, held = held[:-_TAIL_BYTES], held[-_TAIL_BYTES:]
            yield ready if begun else _unfence_start(ready)
            begun = True
    held = held if begun else _unfence_start(held)
    found = list(_FENCE.finditer(held))
    yield held[: found[-1].start()] + held[found[-1].end() :] if found else held


def without_fences(text: bytes) -> bytes:
    """A short dump, of which no part can be mistaken for a fence, without its own."""
    return _FENCE.sub(b"", text)


def _unfence_start(text: bytes) -> bytes:
    return _FENCE.sub(b"", text[:_TAIL_BYTES], count=1) + text[_TAIL_BYTES:]


def _in_database(head: bytes) -> int | None:
    """Where the first entry begins that is not about the database itself but in it."""
    if not _CONNECT.search(head):
        return None
    for entry in _ENTRY.finditer(head):
        if entry[1] not in _OF_DATABASE:
            return entry.start()
    return None


def _fed(server: Throwaway, name: str, entry: str, chunks: Iterable[bytes]) -> None:
    done = server.psql(chunks, entry, "-o", "/dev/null")
    if done.code:
        raise RestoreFailed(
            f"database {name!r} cannot be loaded: {reason(done.stderr) or f'psql ended with {done.code}'}",
            next_step=f"the live data is as it was; {ANOTHER_WAY}",
        )


def _drop(name: str) -> str:
    """What takes one of initdb's databases away, since the dump makes it anew with all its properties."""
    return f"ALTER DATABASE {quoted(name)} IS_TEMPLATE false;\nDROP DATABASE {quoted(name)};\n"


def main_database(databases: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The database whose encoding and collation the cluster is to have by default."""
    return next((each for each in databases.values() if each.get("main")), next(iter(databases.values())))
