"""The content of a file in a tar archive, digested without regard to which of its zeros are holes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from volops.chunks import ChunkReader
from volops.tar import BLOCK, corrupt, number, padded, sparse_map

_OLD_SPARSE = b"S"
_OLD_MAP, _OLD_ENTRIES, _MORE_ENTRIES, _ENTRY = 386, 4, 21, 24
_PIECE = 1 << 17
_ZEROS = bytes(_PIECE)

_Segments = Sequence[tuple[int, int]]


def file_content(
    name: str, stream: ChunkReader, header: bytes, extended: Mapping[bytes, bytes], stored: int
) -> tuple[int, bytes]:
    """Size and digest of the file to which a header belongs.

    Takes from the stream all that follows the header; `stored` bytes of it are data. Raises ArtifactCorrupt,
    and ValueError for a map that holds no numbers.
    """
    size, segments, mapped = _segments(name, stream, header, extended, stored)
    content = _digest(name, stream, size, segments)
    data = stored - mapped
    if stream.skip(padded(data) - data):
        corrupt(name, "it is cut off after a file")
    return size, content


def _segments(
    name: str, stream: ChunkReader, header: bytes, extended: Mapping[bytes, bytes], stored: int
) -> tuple[int, _Segments, int]:
    """The file's size, where the data that follows belongs in it, and how long the map was that came before
    the data (GNU tar manual, "Storing Sparse Files": old GNU format and version 1.0)."""
    if header[156:157] == _OLD_SPARSE:
        return number(name, header[483:495]), _old_map(name, stream, header), 0
    if b"GNU.sparse.realsize" in extended:
        numbers, read = _new_map(name, stream)
        return int(extended[b"GNU.sparse.realsize"]), list(zip(*[iter(numbers)] * 2, strict=True)), read
    if b"GNU.sparse.size" in extended:
        corrupt(name, "it has sparse files in a form that is not known here")
    return stored, ((0, stored),), 0


def _old_map(name: str, stream: ChunkReader, header: bytes) -> _Segments:
    blocks = [header[_OLD_MAP : _OLD_MAP + _OLD_ENTRIES * _ENTRY]]
    more = sparse_map(name, stream, header)
    blocks += [more[at : at + _MORE_ENTRIES * _ENTRY] for at in range(0, len(more), BLOCK)]
    entries = [block[at : at + _ENTRY] for block in blocks for at in range(0, len(block), _ENTRY)]
    return [(number(name, each[:12]), number(name, each[12:])) for each in entries if each[0]]


def _new_map(name: str, stream: ChunkReader) -> tuple[list[int], int]:
    text = b""
    while True:
        block = stream.take(BLOCK)
        if len(block) < BLOCK:
            corrupt(name, "it is cut off inside the map of a sparse file")
        text += block
        lines = text.split(b"\n")
        # The last piece is not known to be a whole line; the first number says how many pairs follow.
        if len(lines) > 1 and len(lines) > int(lines[0]) * 2 + 1:
            return [int(line) for line in lines[1 : int(lines[0]) * 2 + 1]], len(text)


def _digest(name: str, stream: ChunkReader, size: int, segments: _Segments) -> bytes:
    """A digest of the pieces that are not all zeros, each with its place."""
    digest = _Pieces()
    for start, length in segments:
        if start + length > size:
            corrupt(name, "a sparse file has data beyond its end")
        while length:
            at, within = divmod(start, _PIECE)
            whole = min(_PIECE, size - at * _PIECE)
            data = stream.take(min(whole - within, length))
            if not data:
                corrupt(name, "it is cut off inside a file")
            digest.add(at, whole, within, data)
            start, length = start + len(data), length - len(data)
    return digest.end()


class _Pieces:
    """Digests the content of one file, however it comes in parts."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._at, self._piece = -1, bytearray()

    def add(self, at: int, whole: int, within: int, data: bytes) -> None:
        """`data` belongs at `within` in piece number `at`, which has `whole` bytes; the rest is zeros."""
        if at != self._at:
            self._put(self._at, self._piece)
            self._at, self._piece = at, bytearray()
        if len(data) == whole:
            self._put(at, data)
            return
        self._piece = self._piece or bytearray(whole)
        self._piece[within : within + len(data)] = data

    def end(self) -> bytes:
        self._put(self._at, self._piece)
        return self._digest.digest()

    def _put(self, at: int, data: bytes | bytearray) -> None:
        if data != (_ZEROS if len(data) == _PIECE else bytes(len(data))):
            self._digest.update(at.to_bytes(8, "big"))
            self._digest.update(data)
