"""A dump whose rows are loaded frozen: nobody comes back to them to note that they are there to stay."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

_HEAD_BYTES = 16 << 20
_ENTRY_BYTES = 256 << 10
"""Room for the header and the COPY line of a table: 1,600 columns with names of 63 bytes, and more."""
_HEADER = b"-- Data for Name: "
_MADE_START = b"-- Name: "
_MADE = re.compile(rb"-- Name: ([^\n]*); Type: TABLE; Schema: ([^\n]*); Owner: ")
FREEZE = b" WITH (FREEZE)"
_BLOCK = re.compile(
    rb"(?:--\n|\n)*-- Data for Name: ([^\n]*); Type: TABLE DATA; Schema: ([^\n]*); Owner: [^\n]*\n"
    rb"(?:--[^\n]*\n|\n)*(COPY [^\n]* FROM stdin)(?=;\n)"
)
_END = b"\n\\.\n"
_UNUSUAL = re.compile(
    rb"^COPY [^\n]* FROM stdin|^COMMIT;|^SET default_table_access_method = (?!heap;)|\bSET ACCESS METHOD\b",
    re.MULTILINE,
)
"""Rows without a header, the end of a transaction, storage by an extension, which need not know FREEZE."""
_TOKEN = re.compile(
    rb"--[^\n]*\n"
    rb"|/\*.*?\*/"
    rb"|[eE]'(?:[^'\\]+|\\.|'')*'"
    rb"|'[^']*'"
    rb'|"[^"]*"'
    rb"|\$(?P<tag>(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?)\$.*?\$(?P=tag)\$"
    rb"|(?P<open>/\*|[eE]?'|\"|\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$)"
    rb"|[A-Za-z_\x80-\xff][\w$\x80-\xff]*"
    rb"|[\s\d(),;.:=<>]+"
    rb"|.",
    re.DOTALL,
)
"""What SQL is made of (manual, "Lexical Structure"), as far as it tells comments from text in quotes."""


class Dump:
    """A dump of pg_dump, in plain SQL, in three parts that are read one after the other: `head`, which makes
    the tables, their rows, and the rest.

    Only what is certainly the rows of a table is taken for such: what comes right after pg_dump's header for
    rows, one table after the other. The first other thing, such as a large object, begins the rest. Where the
    head holds what is unusual (storage by an extension, say) all of the dump is `head` and rest.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._stream = iter(chunks)
        text, start = _before_rows(self._stream)
        self.has_rows = start is not None and not _UNUSUAL.search(text, 0, start)
        cut = start if start is not None and self.has_rows else len(text)
        self.head, self._held = text[:cut], text[cut:]

    def tables(self) -> Iterator[Table]:
        """Each table with rows. Those that the caller does not read are passed over."""
        while self.has_rows:
            self._held = _filled(self._held, self._stream)
            block = _BLOCK.match(self._held)
            if block is None:
                return
            self._held = self._held[block.end() :]
            rows = self._rows()
            yield Table(block[0], _named(block), rows)
            for _ in rows:
                pass

    def _rows(self) -> Iterator[bytes]:
        self._held = yield from _rows(self._held, self._stream)

    def rest(self) -> Iterator[bytes]:
        """All that comes after the tables."""
        yield self._held
        yield from self._stream


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table: `opening` is pg_dump's header and the COPY command up to its semicolon, with which
    `rows` begin. `name` is the table's, as COPY writes it, where the header names the same one; else empty:
    the rows of a partition may be given to its parent."""

    opening: bytes
    name: bytes
    rows: Iterator[bytes]


def freezing(dump: Iterable[bytes]) -> Iterator[bytes]:
    """The dump with `COPY … WITH (FREEZE)` for the rows of its tables; otherwise byte for byte as it is. It
    is to be loaded in one transaction, into a database that has no tables yet.

    PostgreSQL accepts FREEZE only in the transaction that made or emptied the table, and not for a
    partitioned one (manual, "COPY").
    """
    yield from frozen(Dump(dump))


def frozen(parts: Dump) -> Iterator[bytes]:
    """As `freezing`, of a dump whose head has been read."""
    yield parts.head
    for table in parts.tables():
        yield table.opening
        if table.name:
            yield FREEZE
        yield from table.rows
    yield from parts.rest()


def made_tables(head: bytes) -> frozenset[bytes]:
    """The tables that the head of a dump makes itself, as COPY may write their names; not those that come
    with an extension, which has rows of its own in them."""
    found = (_MADE.match(token[0]) for token in _TOKEN.finditer(head) if token[0].startswith(_MADE_START))
    return frozenset(
        b"%s.%s" % (schema, name)
        for made in found
        if made
        for schema in _written(made[2])
        for name in _written(made[1])
    )


def _before_rows(stream: Iterator[bytes]) -> tuple[bytes, int | None]:
    """The beginning of the dump, and where in it the first header of rows is; None when there is none."""
    head, looked = b"", 0
    for chunk in stream:
        head += chunk
        if head.find(_HEADER, looked) >= 0 and (start := _comment(head, _HEADER)) is not None:
            return head, start
        looked = max(0, len(head) - len(_HEADER))
        if len(head) > _HEAD_BYTES:
            break
    return head, None


def _comment(text: bytes, beginning: bytes) -> int | None:
    """Where the first comment is that begins so, and is not part of a function or other text; None when there
    is none, or when such text does not end in `text`."""
    for token in _TOKEN.finditer(text):
        if token["open"] is not None:
            return None
        if text.startswith(beginning, token.start()):
            return token.start()
    return None


def _filled(held: bytes, stream: Iterator[bytes]) -> bytes:
    """`held`, and so much more that a header and its COPY line are in it."""
    while len(held) < _ENTRY_BYTES and (chunk := next(stream, None)) is not None:
        held += chunk
    return held


def _rows(held: bytes, stream: Iterator[bytes]) -> Generator[bytes, None, bytes]:
    """Yield what `held` begins with up to the end of the rows, return what comes after. A line with nothing
    but `\\.` ends them, and no row is written so."""
    while (end := held.find(_END)) < 0:
        kept = len(_END) - 1
        yield held[:-kept]
        chunk = next(stream, None)
        if chunk is None:
            yield held[-kept:]
            return b""
        held = held[-kept:] + chunk
    yield held[: end + len(_END)]
    return held[end + len(_END) :]


def _named(block: re.Match[bytes]) -> bytes:
    """The table that the rows go into, if it is the one that the header names."""
    name, schema, copy = block.groups()
    names = (b"%s.%s" % (each, other) for each in _written(schema) for other in _written(name))
    return next((each for each in names if copy.startswith(b"COPY %s " % each)), b"")


def _written(name: bytes) -> tuple[bytes, bytes]:
    """A name as SQL may write it."""
    return name, b'"%s"' % name.replace(b'"', b'""')
