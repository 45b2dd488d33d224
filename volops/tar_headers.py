"""The headers of tar members (POSIX.1-2001 pax interchange format, GNU extensions).

What readers of tar could take for different things is an error: whoever judges an archive must see what the
program sees that unpacks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from zlib import adler32

from volops.errors import ArtifactCorrupt

BLOCK = 512
ABOUT_THE_NEXT = frozenset((b"x", b"g", b"L", b"K"))
"""Headers that are no members: pax, pax for all that follow (which only comment), GNU long name and link."""
_NOTHING: Mapping[bytes, bytes] = {}
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")
"""Links, devices, directories and pipes. Readers differ in whether they pass over data of theirs."""
_NAMES = {b"path", b"linkpath", b"GNU.sparse.name"}
_ONCE = _NAMES | {b"size"}
_LARGEST_OCTAL = 8**11
_DIGITS = 20
"""No number of an extended header is longer: 2^64 has twenty digits."""
_BASE_256 = 0x80
_BLANK = (b"", b" ", b"\t")
"""GNU tar passes over any number of blanks before a keyword."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive: `kind` is the header's type flag, `size` the bytes of data that follow.
    `records` are those of its pax header, its extended attributes among them."""

    name: bytes
    kind: bytes
    size: int
    mode: int
    link: bytes = b""
    records: Mapping[bytes, bytes] = field(default_factory=dict)


def corrupt(name: str, why: str) -> NoReturn:
    """Raise ArtifactCorrupt about the archive called `name`."""
    raise ArtifactCorrupt(f"{name} is no whole tar archive: {why}")


def padded(size: int) -> int:
    """`size` rounded up to whole blocks."""
    return -(-size // BLOCK) * BLOCK


def shown(name: bytes) -> str:
    """The name of a member, for people."""
    return repr(name.decode("utf-8", "replace"))


def member_of(name: str, header: bytes, records: Mapping[bytes, bytes]) -> Member:
    """The member, or the extended header, that a header tells of; `records` are what the extended headers
    before it say of the member.

    Raises ArtifactCorrupt when the header's checksum is wrong, or it contradicts the others.
    """
    if _sum(header) - sum(header[148:156]) + 8 * 32 != number(name, header[148:156]):
        corrupt(name, "a header's checksum is wrong")
    kind, size = header[156:157], number(name, header[124:136])
    path = header[:100].split(b"\0", 1)[0]
    if kind in ABOUT_THE_NEXT:
        return Member(path, kind, size, 0, b"", _NOTHING)
    if header[345] and header[257:263] == b"ustar\0":
        path = header[345:500].split(b"\0", 1)[0] + b"/" + path
    if size and kind in _WITHOUT_DATA:
        corrupt(name, f"{shown(path)} has data, which such a member cannot have")
    mode = number(name, header[100:108])
    link = header[157:257].split(b"\0", 1)[0]
    if not records:
        return Member(path, kind, size, mode, link, _NOTHING)
    if b"size" in records:
        size = _long_size(name, records[b"size"], size, kind)
    path = records.get(b"GNU.sparse.name") or records.get(b"path") or path
    return Member(path, kind, size, mode, records.get(b"linkpath") or link, records)


def extension(name: str, kind: bytes, data: bytes) -> Mapping[bytes, bytes]:
    """What a pax header, or the long name or link target of GNU tar, says of the next member."""
    if kind in b"LK":
        found = {b"path" if kind == b"L" else b"linkpath": data.split(b"\0", 1)[0]}
    else:
        found = _pax_records(name, data)
    if kind == b"g":
        if found.keys() - {b"comment"}:
            corrupt(name, "a header changes all that follow it")
        return _NOTHING
    for key in _NAMES & found.keys():
        if not found[key] or b"\0" in found[key]:
            corrupt(name, "an extended header holds a name that is none")
    return found


def decimal(name: str, text: bytes) -> int:
    """A number in an extended header."""
    if not text.isdigit() or len(text) > _DIGITS:
        corrupt(name, "an extended header is damaged")
    return int(text)


def number(name: str, text: bytes) -> int:
    """A number of a header: octal digits, or base 256 after a byte of 128 (GNU)."""
    if text[0] == _BASE_256:
        return int.from_bytes(text[1:], "big")
    digits = text.strip(b"\0 ")
    if digits.strip(b"01234567"):
        corrupt(name, "a header holds no number where one must be")
    return int(digits or b"0", 8)


def _sum(block: bytes) -> int:
    """The sum of a block's bytes. The low half of Adler-32 (RFC 1950) is 1 + the sum modulo 65521, and 256
    bytes stay below that: ten times faster than `sum`."""
    return (adler32(block[:256]) & 0xFFFF) + (adler32(block[256:]) & 0xFFFF) - 2


def _long_size(name: str, text: bytes, short: int, kind: bytes) -> int:
    """The size in a pax header, which is for those that the header itself cannot hold."""
    size = decimal(name, text)
    if size != short and (size < _LARGEST_OCTAL or kind in _WITHOUT_DATA):
        corrupt(name, "a member's size is told twice, and differently")
    return size


def _pax_records(name: str, data: bytes) -> dict[bytes, bytes]:
    """The `length key=value` records of a pax header."""
    records: dict[bytes, bytes] = {}
    start = 0
    while start < len(data):
        space = data.find(b" ", start, start + _DIGITS + 1)
        end = start + decimal(name, data[start : max(space, start)])
        key, equals, value = data[space + 1 : end].partition(b"=")
        if end > len(data) or not equals or value[-1:] != b"\n" or key[:1] in _BLANK:
            corrupt(name, "an extended header is damaged")
        if key in records and key in _ONCE:
            corrupt(name, "an extended header says something twice")
        records[key] = value[:-1]
        start = end
    return records
