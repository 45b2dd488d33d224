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
    """The plain bytes of a gzip file of one or more members, at most 1 MiB at a time, so that memory stays
    bounded however well the data was packed.

    Raises ArtifactCorrupt on damage, when the stream is cut off, and on bytes after it.
    """
    from isal import isal_zlib

    # The library's own hints call it an instance.
    damage = cast(type[Exception], isal_zlib.error)
    unpacker = None
    for chunk in chunks:
        left = chunk
        while left:
            if unpacker is None or unpacker.eof:
                unpacker = isal_zlib.decompressobj(_GZIP)
            try:
                plain = unpacker.decompress(left, _PIECE)
            except damage as error:
                raise ArtifactCorrupt(f"{name} is damaged: {error}") from error
            left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            if plain:
                yield plain
    if unpacker is None:
        raise ArtifactCorrupt(f"{name} is empty")
    if not unpacker.eof:
        raise ArtifactCorrupt(f"{name} is cut off")
