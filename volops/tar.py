"""Reading tar streams without unpacking them (POSIX.1-2001 pax interchange format, GNU extensions)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from volops.chunks import ChunkReader
from volops.tar_headers import (
    ABOUT_THE_NEXT,
    BLOCK,
    Member,
    corrupt,
    decimal,
    extension,
    member_of,
    number,
    padded,
    shown,
)

__all__ = [
    "ABOUT_THE_NEXT",
    "BLOCK",
    "TRAILER",
    "Member",
    "check_tar",
    "corrupt",
    "ends_whole",
    "extension",
    "member_of",
    "metadata",
    "next_member",
    "number",
    "padded",
    "shown",
    "sparse_map",
    "steps",
    "walk",
]

TRAILER = bytes(2 * BLOCK)
_ZEROS = bytes(BLOCK)
_META_BYTES = 16 << 20
"""A pax or long-name header larger than this is no header (names end at 4 KiB, xattrs at 64 KiB each)."""
_GNU = frozenset((b"L", b"K"))
_END_BYTES = 1 << 20
_REALSIZE = b"GNU.sparse.realsize"


def walk(name: str, chunks: Iterable[bytes]) -> Iterator[Member]:
    """Yield the members of the archive called `name` and read the stream to its end.

    A member is yielded before its data is read. Raises ArtifactCorrupt when a header's checksum is wrong or
    readers of tar could take it for different things, when data is cut off, or the two zero blocks at the
    end are missing: an archive whose writer died lacks them, and no reader of tar's own notices.
    """
    return (member for member in steps(name, ChunkReader(chunks)) if member)


def steps(name: str, stream: ChunkReader) -> Iterator[Member | None]:
    """As `walk`, and None whenever all that was read so far has been found harmless to pass on: the last
    chunk that the stream has read may hold more."""
    while member := next_member(name, stream):
        yield member
        missing = padded(member.size)
        if member.records.get(b"GNU.sparse.major") == b"1":
            missing -= _new_map(name, stream, member)
        while missing:
            passed = stream.pass_over(missing)
            if not passed:
                corrupt(name, f"it is cut off inside {shown(member.name)}")
            missing -= passed
            if missing:
                yield None
    while rest := stream.some(_END_BYTES):
        if rest.strip(b"\0"):
            corrupt(name, "its end-of-archive mark is damaged")
        yield None


def next_member(name: str, stream: ChunkReader) -> Member | None:
    """The next member; its data is left in the stream. None when the end-of-archive mark has been read.

    Raises ArtifactCorrupt, see `walk`.
    """
    records: dict[bytes, bytes] = {}
    seen: set[bytes] = set()
    while True:
        header = stream.take(BLOCK)
        if len(header) < BLOCK:
            corrupt(name, "it ends without the end-of-archive mark")
        if header == _ZEROS:
            if seen or stream.take(BLOCK) != _ZEROS:
                corrupt(name, "its end-of-archive mark is damaged")
            return None
        member = member_of(name, header, records)
        kind = member.kind
        if kind not in ABOUT_THE_NEXT:
            if kind == b"S":
                sparse_map(name, stream, header)
            return member
        if kind in seen or (kind in _GNU and b"x" in seen) or (kind == b"x" and seen & _GNU):
            corrupt(name, "a member has two headers that may contradict each other")
        seen.add(kind)
        records.update(extension(name, kind, metadata(name, stream, member.size)))


def metadata(name: str, stream: ChunkReader, size: int) -> bytes:
    """The `size` bytes of data of an extended header, from the stream."""
    if size > _META_BYTES:
        corrupt(name, "an extended header is larger than any can be")
    data = stream.take(size)
    if len(data) < size or stream.skip(padded(size) - size):
        corrupt(name, "it is cut off inside an extended header")
    return data


def sparse_map(name: str, stream: ChunkReader, header: bytes) -> bytes:
    """What does not fit into the header of an old GNU sparse file follows it, in blocks of 21 entries: take
    these from the stream."""
    blocks: list[bytes] = []
    more = header[482]
    while more:
        blocks.append(stream.take(BLOCK))
        if len(blocks[-1]) < BLOCK:
            corrupt(name, "it is cut off inside the map of a sparse file")
        if len(blocks) > _META_BYTES // BLOCK:
            corrupt(name, "the map of a sparse file is larger than any can be")
        more = blocks[-1][504]
    return b"".join(blocks)


def _new_map(name: str, stream: ChunkReader, member: Member) -> int:
    """Take the map that a sparse file's data begins with, and return its length (GNU tar manual, "PAX Format,
    Version 1.0"): the number of its entries, then offset and length of each, in lines, filled up to a block.

    Raises ArtifactCorrupt unless the entries are as long as the member, one after the other, and within the
    file: GNU tar reads as far as they say.
    """
    blocks: list[bytes] = []
    lines, wanted = 0, 1
    while lines < wanted:
        blocks.append(stream.take(BLOCK))
        lines += blocks[-1].count(b"\n")
        if len(blocks[-1]) < BLOCK or len(blocks) > _META_BYTES // BLOCK:
            corrupt(name, f"the map of the sparse file {shown(member.name)} is damaged")
        if wanted == 1 and lines:
            wanted += 2 * decimal(name, b"".join(blocks).partition(b"\n")[0])
    taken = len(blocks) * BLOCK
    numbers = [decimal(name, line) for line in b"".join(blocks).split(b"\n")[1:wanted]]
    real = decimal(name, member.records.get(_REALSIZE, b""))
    if taken + _mapped(numbers[::2], numbers[1::2], real) != padded(member.size):
        corrupt(name, f"the map of the sparse file {shown(member.name)} is not that of its data")
    return taken


def _mapped(offsets: Sequence[int], lengths: Sequence[int], real: int) -> int:
    """The bytes of an archive that these pieces of a file take; less than nothing when they
    overlap or lie beyond its end."""
    ends = [0, *(offset + length for offset, length in zip(offsets, lengths, strict=True))]
    fits = all(end <= offset for end, offset in zip(ends, [*offsets, real], strict=True))
    return sum(map(padded, lengths)) if fits else -1 << 62


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
