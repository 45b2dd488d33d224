"""gzip (RFC 1952), streamed, by ISA-L: as fast as Zstandard, and any gzip reads what it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from volops.errors import ArtifactCorrupt

_LEVEL = 1
_GZIP = 16 + 15
"""Window bits that ask for a gzip header and trailer (zlib manual, deflateInit2)."""
_PIECE = 1 << 20


def gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks` as one gzip member, without name and time: the same bytes give the same file."""
    from isal import isal_zlib

    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def gunzip(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The way back, at most 1 MiB at a time, so that memory stays bounded however well the data was packed.

    Raises ArtifactCorrupt on damage, when the stream is cut off, and on bytes after it.
    """
    from isal import isal_zlib

    # The library's own hints call it an instance.
    damage = cast(type[Exception], isal_zlib.error)
    unpacker = isal_zlib.decompressobj(_GZIP)
    begun = False
    for chunk in chunks:
        if unpacker.eof and chunk:
            raise ArtifactCorrupt(f"{name} has bytes after its end")
        left = chunk
        while left and not unpacker.eof:
            try:
                plain = unpacker.decompress(left, _PIECE)
            except damage as error:
                raise ArtifactCorrupt(f"{name} is damaged: {error}") from error
            begun = True
            left = unpacker.unconsumed_tail
            if plain:
                yield plain
        if unpacker.unused_data:
            raise ArtifactCorrupt(f"{name} has bytes after its end")
    if not unpacker.eof:
        raise ArtifactCorrupt(f"{name} is cut off" if begun else f"{name} is empty")
