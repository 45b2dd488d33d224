"""A dump whose rows are loaded frozen: nobody comes back to them to note that they are there to stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator

_HEAD_BYTES = 16 << 20
_ENTRY_BYTES = 256 << 10
"""Room for the header and the COPY line of a table: 1,600 columns with names of 63 bytes, and more."""
_HEADER = b"-- Data for Name: "
_BLOCK = re.compile(
    rb"(?:--\n|\n)*-- Data for Name: ([^\n]*); Type: TABLE DATA; Schema: ([^\n]*); Owner: [^\n]*\n"
    rb"(?:--[^\n]*\n|\n)*(COPY [^\n]* FROM stdin)(?=;\n)"
)
_END = b"\n\\.\n"
_PART = len(_END) - 1
_FEW = 100
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


def freezing(
    dump: Iterable[bytes],
    large: Collection[bytes] = (),
    told: Callable[[bytes], bytes] = lambda _: b"",
) -> Iterator[bytes]:
    """The dump of pg_dump, in plain SQL, with `COPY … WITH (FREEZE)` for the rows of its tables; otherwise
    byte for byte as it is. It is to be loaded in one transaction, into a database that has no tables yet.

    PostgreSQL accepts FREEZE only in the transaction that made or emptied the table, and not for a
    partitioned one (manual, "COPY"). So only what is certainly such a table is taken: rows that come right
    after pg_dump's header for the table of that very name (those of a partition may be given to its parent),
    one table after the other. The first other thing, such as a large object, ends it: those come with a
    COMMIT of their own.

    With the rows of a `large` table, named as COPY names it, the transaction is ended, so that others see
    them; what `told` says of its name comes then. Later large ones get a transaction each, which empties the
    table first: in one that did not make the table, rows could otherwise neither be frozen nor spared their
    write-ahead log (manual, "Populating a Database"). No extension may have rows of its own in such a table.
    """
    stream = iter(dump)
    head, start = _before_rows(stream)
    if start is None or _UNUSUAL.search(head, 0, start):
        yield head
        yield from stream
        return
    yield head[:start]
    held = _filled(head[start:], stream)
    within = True
    while (block := _BLOCK.match(held)) is not None:
        name = _named(block)
        apart = name in large
        if apart and not within:
            yield b"BEGIN;\nTRUNCATE TABLE ONLY %s;\n" % name
        yield held[: block.end()]
        if name and (apart or within):
            yield b" WITH (FREEZE)"
        held = yield from _rows(held[block.end() :], stream)
        if apart:
            yield b"COMMIT;\n" + told(name)
            within = False
        held = _filled(held, stream)
    if not within:
        yield b"BEGIN;\n"
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
    tail = b""
    while (end := _past_rows(tail, held)) < 0:
        yield held
        tail = (held if len(held) >= _PART else tail + held)[-_PART:]
        chunk = next(stream, None)
        if chunk is None:
            return b""
        held = chunk
    yield held[:end]
    return held[end:]


def _past_rows(tail: bytes, held: bytes) -> int:
    """Where in `held`, which comes after `tail`, the end of the rows is over; -1 when it is not in there."""
    across = (tail + held[:_PART]).find(_END)
    if across >= 0:
        return across + len(_END) - len(tail)
    # To look for one byte is many times faster (memchr), as long as it is rare.
    at = 0
    for _ in range(_FEW):
        at = held.find(b"\\", at) + 1
        if not at:
            return -1
        if at > 1 and held.startswith(_END, at - 2):
            return at - 2 + len(_END)
    # `at` is behind the last backslash looked at, far from the beginning: what is left to be found has its
    # own there or later, and its newline one byte before.
    found = held.find(_END, at - 2)
    return found + len(_END) if found >= 0 else -1


def _named(block: re.Match[bytes]) -> bytes:
    """The table that the rows go into, as COPY names it, if the header names the same; else nothing."""
    name, schema, copy = block.groups()
    names = (b"%s.%s" % (each, other) for each in _written(schema) for other in _written(name))
    return next((each for each in names if copy.startswith(b"COPY %s " % each)), b"")


def _written(name: bytes) -> tuple[bytes, bytes]:
    """A name as SQL may write it."""
    return name, b'"%s"' % name.replace(b'"', b'""')
