"""What happens to bytes between a volume and a store: digest and compression, and the way back."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import zstandard

from volops.chunks import ChunkReader, handed
from volops.errors import ArtifactCorrupt
from volops.gzip_stream import gunzip
from volops.model import Digest

Stored = TypeVar("Stored")

ZSTD, GZIP = "zstd", "gzip"
SUFFIXES = {ZSTD: ".zst", GZIP: ".gz"}
_LEVEL = 1
"""On two processors compression decides how long a backup takes. Level 1 needs 55 to 65 % of the time of
level 3; its files are from 3 % smaller (logs) to 12 % larger (node_modules), about as large as gzip's."""
_THREADS = 2
_JOB_BYTES = 1 << 20
"""Small jobs keep two compression threads under 64 MiB of memory, whatever the stream's size."""
_OVERLAP_LOG = 2
"""Each job begins with little of what the one before has seen: a sixteenth less work on logs, same size."""
_PACKED_BYTES = 1 << 20
PLAIN_AHEAD, _STORED_AHEAD = 12, 2
"""How many chunks, of 1 MiB at most, may wait: plain ones, for what is made by fits and starts is to
keep two processors busy all the time; and those that are to be written."""
_LOOK_S = 0.1
_SAME_BYTE = 1
"""The type of a block that repeats one byte."""


class Tally:
    """Counts and digests a stream that passes through it."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield `chunks` unchanged."""
        for chunk in chunks:
            self._hash.update(chunk)
            self.size += len(chunk)
            yield chunk

    def within(self, chunks: Iterable[bytes], most: int, what: str) -> Iterator[bytes]:
        """Yield `chunks` unchanged, but no more than `most` bytes: then raise ArtifactCorrupt, of `what`."""
        for chunk in self.passing(chunks):
            if self.size > most:
                raise ArtifactCorrupt(f"{what} are not those of the manifest (more than {most} bytes)")
            yield chunk

    def digest(self) -> Digest:
        """Size and SHA-256 of what has passed so far."""
        return Digest(self.size, self._hash.hexdigest())


def observed(chunks: Iterable[bytes], on_bytes: Callable[[int], None]) -> Iterator[bytes]:
    """Yield `chunks` unchanged and tell `on_bytes` the size of each."""
    for chunk in chunks:
        on_bytes(len(chunk))
        yield chunk


def compress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks` as one Zstandard frame with a content checksum (RFC 8878)."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL, threads=_THREADS, job_size=_JOB_BYTES, overlap_log=_OVERLAP_LOG, write_checksum=True
    )
    # What is ready comes in pieces: all jobs at once are some 10 MiB, where nothing can be packed.
    packer: Any = zstandard.ZstdCompressor(compression_params=parameters).chunker(chunk_size=_PACKED_BYTES)
    for chunk in chunks:
        yield from packer.compress(chunk)
    yield from packer.finish()


def behind(
    chunks: Iterable[bytes], store: Callable[[Iterator[bytes]], Stored], most: int = _STORED_AHEAD
) -> Stored:
    """Run `store` on `chunks`, in a thread of its own: while it digests and writes one, the next is made; at
    `most` so many wait.

    Raises what either raises. When `chunks` raise, so do those that `store` gets, and it has ended before
    this raises.
    """
    waiting: queue.Queue[bytes | None] = queue.Queue(most)
    whole, over = threading.Event(), threading.Event()

    def taken() -> Iterator[bytes]:
        while True:
            # Asked before the queue is: what is found empty after that stays so.
            ending = over.is_set()
            try:
                chunk = waiting.get(timeout=_LOOK_S)
            except queue.Empty:
                chunk = None if ending else b""
            if chunk is None:
                break
            if chunk:
                yield chunk
        if not whole.is_set():
            raise _CutOff

    with ThreadPoolExecutor(1, "store") as pool:
        storing = pool.submit(store, taken())
        try:
            for chunk in chunks:
                if not handed(chunk, waiting, storing.done):
                    break
            whole.set()
        finally:
            # An interrupt may keep the end from being handed over, never from being seen.
            over.set()
            handed(None, waiting, storing.done)
        return storing.result()


class _CutOff(Exception):
    """What makes the chunks raised an error: their end is none."""


def decompress(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The way back, block by block, so that memory stays bounded however well the data was packed.

    Raises ArtifactCorrupt on damage, on a cut-off frame, and on bytes after the frame.
    """
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    try:
        for piece in _blocks(ChunkReader(chunks), name):
            if plain := decompressor.decompress(piece):
                yield plain
    except zstandard.ZstdError as error:
        raise ArtifactCorrupt(f"{name} is damaged: {error}") from error
    if not decompressor.eof:
        raise ArtifactCorrupt(f"{name} is damaged: its frame does not end where it says")


def _blocks(stream: ChunkReader, name: str) -> Iterator[bytes]:
    """The pieces of one Zstandard frame: its header, its blocks, its checksum (RFC 8878, section 3.1.1).

    A block holds at most 128 KiB, and four bytes are enough for one: a chunk of a MiB can hold 32 GiB.
    """
    start = _whole(stream, 5, name)
    if start[:4] != zstandard.FRAME_HEADER:
        raise ArtifactCorrupt(f"{name} is damaged: it does not begin as a Zstandard frame does")
    described = start[4]
    single_segment = described >> 5 & 1
    of_size = (single_segment, 2, 4, 8)[described >> 6]
    of_dictionary = (0, 1, 2, 4)[described & 3]
    yield start + _whole(stream, 1 - single_segment + of_dictionary + of_size, name)
    last = False
    while not last:
        header = _whole(stream, 3, name)
        number = int.from_bytes(header, "little")
        last, kind, size = bool(number & 1), number >> 1 & 3, number >> 3
        yield header + _whole(stream, 1 if kind == _SAME_BYTE else size, name)
    if described >> 2 & 1:
        yield _whole(stream, 4, name)
    if stream.skip(1) == 0:
        raise ArtifactCorrupt(f"{name} has bytes after its end")


def _whole(stream: ChunkReader, count: int, name: str) -> bytes:
    data = stream.take(count)
    if len(data) < count:
        raise ArtifactCorrupt(f"{name} is cut off")
    return data


def opened(
    name: str, chunks: Iterable[bytes], codecs: tuple[str, ...], stored: Digest | None, plain: Digest
) -> Iterator[bytes]:
    """The plain bytes of a stored artifact, never more than the manifest says.

    Reads all of `chunks`; raises ArtifactCorrupt as soon as either the stored or the plain bytes are too
    many, and at the end when size or SHA-256 of either are not what they should be. What came before that
    must not be trusted until then. Without `stored` only the plain bytes are judged: for whoever has compared
    the stored ones already.
    """
    judged: list[tuple[str, Tally, Digest]] = []

    def within(passing: Iterable[bytes], wanted: Digest, what: str) -> Iterator[bytes]:
        tally = Tally()
        judged.append((what, tally, wanted))
        return tally.within(passing, wanted.size, f"{name}: its {what} bytes")

    stream = within(chunks, stored, "stored") if stored else iter(chunks)
    for codec in reversed(codecs):
        if codec not in _READERS:
            raise ArtifactCorrupt(f"{name} needs the unknown codec {codec!r}")
        stream = _READERS[codec](stream, name)
    if codecs or stored is None:
        stream = within(stream, plain, "plain")
    yield from stream
    for what, found, wanted in judged:
        if found.digest() != wanted:
            raise ArtifactCorrupt(
                f"{name}: its {what} bytes are not those of the manifest "
                f"({found.size} bytes, {wanted.size} expected)"
                if found.size != wanted.size
                else f"{name}: the SHA-256 of its {what} bytes is not that of the manifest"
            )


_READERS: Mapping[str, Callable[[Iterable[bytes], str], Iterator[bytes]]] = {ZSTD: decompress, GZIP: gunzip}
