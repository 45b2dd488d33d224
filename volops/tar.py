"""Reading tar streams without unpacking them (POSIX.1-2001 pax interchange format, GNU extensions)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from volops.errors import ArtifactCorrupt

BLOCK = 512
TRAILER = bytes(2 * BLOCK)
_META_BYTES = 16 << 20
"""A pax or long-name header larger than this is no header (names end at 4 KiB, xattrs at 64 KiB each)."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive: `kind` is the header's type flag, `size` the bytes of data that follow."""

    name: bytes
    kind: bytes
    size: int
    mode: int
    link: bytes = b""


class _Bytes:
    """A stream of chunks as something to take exact numbers of bytes from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = memoryview(b"")

    def take(self, count: int) -> bytes:
        """`count` bytes, or fewer at the end."""
        parts: list[bytes | memoryview] = []
        while count:
            if not self._left:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._left = memoryview(chunk)
            part, self._left = self._left[:count], self._left[count:]
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> int:
        """Pass over `count` bytes; return how many were missing."""
        while count:
            if not self._left:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._left = memoryview(chunk)
            step = min(count, len(self._left))
            self._left = self._left[step:]
            count -= step
        return count

    def rest_is_zero(self) -> bool:
        """Read to the end; True when nothing but zero bytes came (tar pads to its record size)."""
        clean = not any(bytes(self._left))
        for chunk in self._chunks:
            clean = clean and not chunk.strip(b"\0")
        return clean


def walk(name: str, chunks: Iterable[bytes]) -> Iterator[Member]:
    """Yield the members of the archive called `name` and read the stream to its end.

    Raises ArtifactCorrupt when a header's checksum is wrong, data is cut off, or the two zero blocks at
    the end are missing: an archive whose writer died lacks them, and no reader of tar's own notices.
    """
    stream = _Bytes(chunks)
    extended: dict[bytes, bytes] = {}
    while True:
        header = stream.take(BLOCK)
        if len(header) < BLOCK:
            _corrupt(name, "it ends without the end-of-archive mark")
        if not any(header):
            if stream.take(BLOCK) != bytes(BLOCK) or not stream.rest_is_zero():
                _corrupt(name, "its end-of-archive mark is damaged")
            return
        member = _member(name, header, extended)
        if member.kind in b"xgLK" and member.kind:
            data = _metadata(name, stream, member)
            if member.kind == b"x":
                extended.update(_pax_records(name, data))
            elif member.kind == b"L":
                extended[b"path"] = data.rstrip(b"\0")
            elif member.kind == b"K":
                extended[b"linkpath"] = data.rstrip(b"\0")
            continue
        extended = {}
        if stream.skip(_padded(member.size)):
            _corrupt(name, f"it is cut off inside {member.name.decode('utf-8', 'replace')!r}")
        yield member


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
        _corrupt(name, "it ends without the end-of-archive mark")


def _corrupt(name: str, why: str) -> NoReturn:
    raise ArtifactCorrupt(f"{name} is no whole tar archive: {why}")


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _number(name: str, field: bytes) -> int:
    """A number of a header: octal digits, or base 256 with the first bit set (GNU)."""
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = field.strip(b"\0 ")
    try:
        return int(digits or b"0", 8)
    except ValueError:
        _corrupt(name, "a header holds no number where one must be")


def _member(name: str, header: bytes, extended: dict[bytes, bytes]) -> Member:
    if sum(header) - sum(header[148:156]) + 8 * 32 != _number(name, header[148:156]):
        _corrupt(name, "a header's checksum is wrong")
    kind = header[156:157]
    path = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0]
    if header[257:263] == b"ustar\0" and prefix:
        path = prefix + b"/" + path
    special = kind in (b"x", b"g", b"L", b"K")
    found = {} if special else extended
    size = _pax_size(name, found[b"size"]) if b"size" in found else _number(name, header[124:136])
    # Links, devices, directories and pipes have no data, whatever their size field says.
    if kind in (b"1", b"2", b"3", b"4", b"5", b"6") and not (kind == b"1" and b"size" in found):
        size = 0
    return Member(
        name=found.get(b"GNU.sparse.name") or found.get(b"path") or path,
        kind=kind,
        size=size,
        mode=_number(name, header[100:108]),
        link=found.get(b"linkpath") or header[157:257].split(b"\0", 1)[0],
    )


def _pax_size(name: str, text: bytes) -> int:
    if not text.isdigit():
        _corrupt(name, "a header holds no number where one must be")
    return int(text)


def _metadata(name: str, stream: _Bytes, member: Member) -> bytes:
    if member.size > _META_BYTES:
        _corrupt(name, "an extended header is larger than any can be")
    data = stream.take(member.size)
    if len(data) < member.size or stream.skip(_padded(member.size) - member.size):
        _corrupt(name, "it is cut off inside an extended header")
    return data


def _pax_records(name: str, data: bytes) -> dict[bytes, bytes]:
    """The `length key=value` records of a pax header."""
    records: dict[bytes, bytes] = {}
    while data:
        digits, space, _ = data.partition(b" ")
        if not space or not digits.isdigit() or not len(digits) < int(digits) <= len(data):
            _corrupt(name, "an extended header is damaged")
        record, data = data[len(digits) + 1 : int(digits)], data[int(digits) :]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            _corrupt(name, "an extended header is damaged")
        records[key] = value[:-1]
    return records
