"""A dump whose rows are loaded frozen: nobody comes back to them to note that they are there to stay."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator

_HEAD_BYTES = 16 << 20
_ENTRY_BYTES = 256 << 10
"""Room for the header and the COPY line of a table: 1,600 columns with names of 63 bytes, and more."""
_HEADER = b"-- Data for Name: "
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


def freezing(dump: Iterable[bytes]) -> Iterator[bytes]:
    """The dump of pg_dump, in plain SQL, with `COPY … WITH (FREEZE)` for the rows of its tables; otherwise
    byte for byte as it is. It is to be loaded in one transaction, into a database that has no tables yet.

    PostgreSQL accepts FREEZE only in the transaction that made the table, and not for a partitioned one
    (manual, "COPY"). So only what is certainly such a table is taken: rows that come right after pg_dump's
    header for the table of that very name (those of a partition may be given to its parent), one table after
    the other. The first other thing, such as a large object, ends it: those come with a COMMIT of their own.
    """
    stream = iter(dump)
    head, start = _before_rows(stream)
    if start is None or _UNUSUAL.search(head, 0, start):
        yield head
        yield from stream
        return
    yield head[:start]
    held = _filled(head[start:], stream)
    while (block := _BLOCK.match(held)) is not None:
        yield held[: block.end()]
        if _of_its_own(block):
            yield b" WITH (FREEZE)"
        held = _filled((yield from _rows(held[block.end() :], stream)), stream)
    yield held
    yield from stream


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


def _of_its_own(block: re.Match[bytes]) -> bool:
    """Whether the rows go into the table that the header names."""
    name, schema, copy = block.groups()
    names = ((b"%s.%s" % (each, other)) for each in _written(schema) for other in _written(name))
    return any(copy.startswith(b"COPY %s " % each) for each in names)


def _written(name: bytes) -> tuple[bytes, bytes]:
    """A name as SQL may write it."""
    return name, b'"%s"' % name.replace(b'"', b'""')
