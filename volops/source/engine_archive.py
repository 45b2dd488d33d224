"""Parts of a tree out of the engine's own archives, as GNU tar would archive them: names from its root."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from volops.chunks import ChunkReader
from volops.tar import ABOUT_THE_NEXT, BLOCK, TRAILER, corrupt, extension, member_of, metadata, padded

_CHUNK = 1 << 20
_LINK = b"1"


def parts(paths: Iterable[str], read: Callable[[str], Iterator[bytes]]) -> Iterator[bytes]:
    """One archive of all `paths`. `read` gives the engine's archive of one, in which names begin with the
    last word of the path. Raises ArtifactCorrupt when one of these is not whole."""
    for path in paths:
        place = PurePosixPath(path.lstrip("/"))
        above = "./" if place.parent == PurePosixPath() else f"./{place.parent}/"
        yield from _moved(f"the archive of {path}", ChunkReader(read(str(place))), above.encode())
    yield TRAILER


def _moved(name: str, stream: ChunkReader, above: bytes) -> Iterator[bytes]:
    """The members of an archive, without its end, below another directory."""
    records: dict[bytes, bytes] = {}
    while True:
        header = stream.take(BLOCK)
        if len(header) < BLOCK:
            corrupt(name, "it ends without the end-of-archive mark")
        if not any(header):
            if stream.take(BLOCK) != bytes(BLOCK) or not stream.only_zeros_follow():
                corrupt(name, "its end-of-archive mark is damaged")
            return
        member = member_of(name, header, records)
        if member.kind in ABOUT_THE_NEXT:
            records |= extension(name, member.kind, metadata(name, stream, member.size))
            continue
        records[b"path"] = above + member.name
        if member.kind == _LINK:
            records[b"linkpath"] = above + member.link
        yield _extended(records) + header
        left = padded(member.size)
        while left:
            chunk = stream.some(min(left, _CHUNK))
            if not chunk:
                corrupt(name, "it is cut off inside a file")
            left -= len(chunk)
            yield chunk
        records = {}


def _extended(records: Mapping[bytes, bytes]) -> bytes:
    """A pax header that says this of the next member: it has the last word (POSIX.1-2001, "pax Extended
    Header")."""
    data = b"".join(_record(key, value) for key, value in records.items())
    header = tarfile.TarInfo("PaxHeaders/next")
    header.type, header.size = tarfile.XHDTYPE, len(data)
    return header.tobuf(tarfile.USTAR_FORMAT) + data + bytes(padded(len(data)) - len(data))


def _record(key: bytes, value: bytes) -> bytes:
    """A record begins with its own length, these digits included."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + 1
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest
