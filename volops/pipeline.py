"""What happens to bytes between a volume and a store: digest and compression, and the way back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

import zstandard

from volops.errors import ArtifactCorrupt
from volops.model import Digest

ZSTD = "zstd"
SUFFIXES = {ZSTD: ".zst"}
_LEVEL = 3
_THREADS = 2
_JOB_BYTES = 1 << 20
"""Small jobs keep two compression threads under 64 MiB of memory, whatever the stream's size."""
_CHUNK = 1 << 20


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
        _LEVEL, threads=_THREADS, job_size=_JOB_BYTES, write_checksum=True
    )
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    for chunk in chunks:
        if packed := compressor.compress(chunk):
            yield packed
    yield compressor.flush()


def decompress(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The way back. Raises ArtifactCorrupt on damage, on a cut-off frame, and on bytes after the frame."""
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    finished = False
    try:
        for chunk in chunks:
            if finished or decompressor.unused_data:
                raise ArtifactCorrupt(f"{name} has bytes after its end")
            for start in range(0, len(chunk), _CHUNK):
                if plain := decompressor.decompress(chunk[start : start + _CHUNK]):
                    yield plain
            finished = decompressor.eof
    except zstandard.ZstdError as error:
        raise ArtifactCorrupt(f"{name} is damaged: {error}") from error
    if not finished or decompressor.unused_data:
        raise ArtifactCorrupt(f"{name} is cut off or has bytes after its end")


def opened(
    name: str, chunks: Iterable[bytes], codecs: tuple[str, ...], stored: Digest, plain: Digest
) -> Iterator[bytes]:
    """The plain bytes of a stored artifact.

    Reads all of `chunks`; at the end raises ArtifactCorrupt when size or SHA-256 of either the stored or
    the plain bytes are not what they should be. What came before that must not be trusted until then.
    """
    before, after = Tally(), Tally()
    stream: Iterator[bytes] = before.passing(chunks)
    for codec in reversed(codecs):
        if codec != ZSTD:
            raise ArtifactCorrupt(f"{name} needs the unknown codec {codec!r}")
        stream = decompress(stream, name)
    yield from after.passing(stream)
    for what, found, wanted in (("stored", before, stored), ("plain", after, plain)):
        if found.digest() != wanted:
            raise ArtifactCorrupt(
                f"{name}: its {what} bytes are not those of the manifest "
                f"({found.size} bytes, {wanted.size} expected)"
                if found.size != wanted.size
                else f"{name}: the SHA-256 of its {what} bytes is not that of the manifest"
            )
