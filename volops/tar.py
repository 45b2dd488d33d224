"""Reading tar streams without unpacking them (POSIX.1-2001 pax interchange format, GNU extensions)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from volops.chunks import ChunkReader
from volops.errors import ArtifactCorrupt

BLOCK = 512
TRAILER = bytes(2 * BLOCK)
_META_BYTES = 16 << 20
"""A pax or long-name header larger than this is no header (names end at 4 KiB, xattrs at 64 KiB each)."""
ABOUT_THE_NEXT = (b"x", b"g", b"L", b"K")
"""Headers that are no members: pax, pax for all that follow (which only comment), GNU long name and link."""
_DIGITS = 20
"""No number of an extended header is longer: 2^64 has twenty digits."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive: `kind` is the header's type flag, `size` the bytes of data that follow."""

    name: bytes
    kind: bytes
    size: int
    mode: int
    link: bytes = b""


def walk(name: str, chunks: Iterable[bytes]) -> Iterator[Member]:
    """Yield the members of the archive called `name` and read the stream to its end.

    Raises ArtifactCorrupt when a header's checksum is wrong, data is cut off, or the two zero blocks at
    the end are missing: an archive whose writer died lacks them, and no reader of tar's own notices.
    """
    stream = ChunkReader(chunks)
    extended: dict[bytes, bytes] = {}
    while True:
        header = stream.take(BLOCK)
        if len(header) < BLOCK:
            corrupt(name, "it ends without the end-of-archive mark")
        if not any(header):
            if stream.take(BLOCK) != bytes(BLOCK) or not stream.only_zeros_follow():
                corrupt(name, "its end-of-archive mark is damaged")
            return
        member = member_of(name, header, extended)
        if member.kind in ABOUT_THE_NEXT:
            extended.update(extension(name, member.kind, metadata(name, stream, member.size)))
            continue
        extended = {}
        if member.kind == b"S":
            sparse_map(name, stream, header)
        if stream.skip(padded(member.size)):
            corrupt(name, f"it is cut off inside {member.name.decode('utf-8', 'replace')!r}")
        yield member


def sparse_map(name: str, stream: ChunkReader, header: bytes) -> bytes:
    """What does not fit into the header of an old GNU sparse file follows it, in blocks of 21 entries: take
    these from the stream."""
    found, more = b"", header[482]
    while more:
        block = stream.take(BLOCK)
        if len(block) < BLOCK:
            corrupt(name, "it is cut off inside the map of a sparse file")
        found, more = found + block, block[504]
    return found


def check_tar(name: str, chunks: Iterable[bytes]) -> int:
    """Read an archive to its end and return its number of members. Raises ArtifactCorrupt, see `walk`."""
    return sum(1 for _ in walk(name, chunks))


def ends_whole(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Pass `chunks` through; at their end raise ArtifactCorrupt unless they end in tar's zero blocks."""
    tail = b""
    for chunk in chunks:
        tail = chunk[-len(TRAILER) :] if len(chunk) >= len(TRAILER) else (tail + chunk)[-len(TRAILER) :]
        yield chunk
    if tail != TRAILER:
        corrupt(name, "it ends without the end-of-archive mark")


def corrupt(name: str, why: str) -> NoReturn:
    """Raise ArtifactCorrupt: the archive called `name` cannot be read."""
    raise ArtifactCorrupt(f"{name} is no whole tar archive: {why}")


def padded(size: int) -> int:
    """Bytes that so much data takes in an archive, which goes by whole blocks."""
    return -(-size // BLOCK) * BLOCK


def number(name: str, field: bytes) -> int:
    """A number of a header: octal digits, or base 256 with the first bit set (GNU)."""
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = field.strip(b"\0 ")
    try:
        return int(digits or b"0", 8)
    except ValueError:
        corrupt(name, "a header holds no number where one must be")


def member_of(name: str, header: bytes, extended: dict[bytes, bytes]) -> Member:
    """The member that a header and the extended ones before it tell of.

    Raises ArtifactCorrupt when the header's checksum is wrong.
    """
    if sum(header) - sum(header[148:156]) + 8 * 32 != number(name, header[148:156]):
        corrupt(name, "a header's checksum is wrong")
    kind = header[156:157]
    path = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0]
    if header[257:263] == b"ustar\0" and prefix:
        path = prefix + b"/" + path
    found = {} if kind in ABOUT_THE_NEXT else extended
    size = _decimal(name, found[b"size"]) if b"size" in found else number(name, header[124:136])
    # Links, devices, directories and pipes have no data, whatever their size field says.
    if kind in (b"1", b"2", b"3", b"4", b"5", b"6") and not (kind == b"1" and b"size" in found):
        size = 0
    return Member(
        name=found.get(b"GNU.sparse.name") or found.get(b"path") or path,
        kind=kind,
        size=size,
        mode=number(name, header[100:108]),
        link=found.get(b"linkpath") or header[157:257].split(b"\0", 1)[0],
    )


def _decimal(name: str, text: bytes) -> int:
    if not text.isdigit() or len(text) > _DIGITS:
        corrupt(name, "an extended header is damaged")
    return int(text)


def metadata(name: str, stream: ChunkReader, size: int) -> bytes:
    """The `size` bytes of data of an extended header, from the stream."""
    if size > _META_BYTES:
        corrupt(name, "an extended header is larger than any can be")
    data = stream.take(size)
    if len(data) < size or stream.skip(padded(size) - size):
        corrupt(name, "it is cut off inside an extended header")
    return data


def extension(name: str, kind: bytes, data: bytes) -> dict[bytes, bytes]:
    """What a pax header, or the long name or link target of GNU tar, says of the next member."""
    if kind == b"x":
        return _pax_records(name, data)
    if kind == b"g":
        return {}
    return {b"path" if kind == b"L" else b"linkpath": data.rstrip(b"\0")}


def _pax_records(name: str, data: bytes) -> dict[bytes, bytes]:
    """The `length key=value` records of a pax header."""
    records: dict[bytes, bytes] = {}
    start = 0
    while start < len(data):
        space = data.find(b" ", start, start + _DIGITS + 1)
        end = start + _decimal(name, data[start : max(space, start)])
        key, equals, value = data[space + 1 : end].partition(b"=")
        if end > len(data) or not equals or not value.endswith(b"\n"):
            corrupt(name, "an extended header is damaged")
        records[key] = value[:-1]
        start = end
    return records
