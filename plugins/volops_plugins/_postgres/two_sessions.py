"""A database loaded by two sessions at once: each table's rows by the one that comes to them first.

A server parses and packs the rows of one session on one processor. Both sessions read the whole dump, since
where a table begins in it is known only then; to pass over a table costs a fraction of loading it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from volops_plugins._postgres.freezing import FREEZE, Dump, Table, made_tables

_APART_BYTES = 16 << 20
"""When so much has gone into the first session after the head of the dump, the server has long made what is
in the head: pipe and buffers in between hold less. A small database is loaded by one session alone."""
_SETTING = re.compile(
    rb"^(?:SET [a-z_]+ = [^\n;]*|SELECT pg_catalog\.set_config\('search_path', '', false\));$", re.MULTILINE
)
_ENTRY = b"-- Name: "

_JUDGES = (b"CHECK (", b"GENERATED ALWAYS AS (")

Feed = Callable[[Iterable[bytes]], None]


def suits(dump: Dump) -> bool:
    """Whether the tables of a dump may be filled in any order. Not where functions of the database itself may
    judge or make rows: such a function may look into another table, and finds it filled only where that comes
    first, as it does when all are filled in the order of the dump."""
    judged = any(each in dump.head for each in _JUDGES)
    return dump.has_rows and not (judged and b"CREATE FUNCTION " in dump.head)


class TwoSessions:
    """One load of one database. `feed` runs a session of its own: it takes SQL for psql to its end, and
    raises when psql fails."""

    def __init__(self, feed: Feed, apart: int = _APART_BYTES) -> None:
        """The second session begins when `apart` bytes of rows have gone into the first."""
        self._feed, self._apart_bytes = feed, apart
        self._claimed: set[int] = set()
        self._claiming = threading.Lock()
        self._apart, self._over = threading.Event(), threading.Event()
        self._made: frozenset[bytes] = frozenset()

    def load(self, dump: Dump, again: Iterable[bytes], beginning: bytes) -> None:
        """Load `dump`, of which `again` is a second reading, with `beginning` first in each session.

        Rows go in as frozen ones, each table's in a transaction that has emptied it, so that they need no
        write-ahead log (manual, "Populating a Database"). Raises what `feed` and either reading raise.
        """
        self._made = made_tables(dump.head)
        with self._beside(again, beginning + _settings(dump.head)) as other:
            self._feed(self._first(dump, beginning, other))

    @contextmanager
    def _beside(self, again: Iterable[bytes], beginning: bytes) -> Iterator[Future[None]]:
        with ThreadPoolExecutor(1, "session") as pool:
            try:
                yield pool.submit(self._second, again, beginning)
            finally:
                self._over.set()
                self._apart.set()

    def _first(self, dump: Dump, beginning: bytes, other: Future[None]) -> Iterator[bytes]:
        yield beginning + b"BEGIN;\n" + dump.head + b"\nCOMMIT;\n"
        passed = 0
        for chunk in self._tables(dump):
            yield chunk
            passed += len(chunk)
            if passed > self._apart_bytes:
                self._apart.set()
        if not self._apart.is_set():
            self._over.set()
            self._apart.set()
        # Indexes and keys want all rows there.
        other.result()
        yield b"BEGIN;\n"
        yield from dump.rest()
        yield b"\nCOMMIT;\n"

    def _second(self, again: Iterable[bytes], beginning: bytes) -> None:
        self._apart.wait()
        if self._over.is_set():
            return
        self._feed(self._beginning_with(beginning, Dump(again)))

    def _beginning_with(self, beginning: bytes, dump: Dump) -> Iterator[bytes]:
        yield beginning
        for chunk in self._tables(dump):
            if self._over.is_set():
                return
            yield chunk
        for _ in dump.rest():
            if self._over.is_set():
                return

    def _tables(self, dump: Dump) -> Iterator[bytes]:
        for number, table in enumerate(dump.tables()):
            if self._claims(number):
                yield from self._loading(table)

    def _claims(self, number: int) -> bool:
        with self._claiming:
            free = number not in self._claimed
            self._claimed.add(number)
        return free

    def _loading(self, table: Table) -> Iterator[bytes]:
        emptied = table.name in self._made
        yield b"BEGIN;\n"
        if emptied:
            yield b"TRUNCATE TABLE ONLY %s;\n" % table.name
        yield table.opening
        if emptied:
            yield FREEZE
        yield from table.rows
        yield b"COMMIT;\n"


def _settings(head: bytes) -> bytes:
    """What pg_dump sets for its session before it makes anything."""
    before = head[: head.find(_ENTRY)] if _ENTRY in head else b""
    return b"".join(each[0] + b"\n" for each in _SETTING.finditer(before))
