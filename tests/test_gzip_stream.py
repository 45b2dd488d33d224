"""gzip is written for any reader, and read with doubt, in whatever pieces it comes."""

from __future__ import annotations

import gzip as standard
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volops.errors import ArtifactCorrupt
from volops.gzip_stream import gunzip, gzip

PLAIN = b"what a dump holds, more or less; " * 400 + bytes(range(256)) * 8
PACKED = b"".join(gzip([PLAIN]))
CHUNKS = st.lists(st.binary(max_size=3000) | st.integers(0, 3_000_000).map(bytes), max_size=5)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@settings(deadline=None)
@given(CHUNKS, st.integers(1, 5000))
def test_what_was_packed_comes_back(chunks: list[bytes], size: int) -> None:
    packed = b"".join(gzip(chunks))
    plain = b"".join(chunks)
    assert b"".join(gunzip(cut(packed, size), "a")) == plain
    assert standard.decompress(packed) == plain


def test_the_same_bytes_give_the_same_file() -> None:
    assert b"".join(gzip([PLAIN])) == PACKED
    assert standard.decompress(PACKED) == PLAIN


@settings(deadline=None)
@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=4), st.integers(1, 9), st.integers(1, 900))
def test_files_of_others_are_read_also_of_several_members(parts: list[bytes], level: int, size: int) -> None:
    packed = b"".join(standard.compress(part, level) for part in parts)
    assert b"".join(gunzip(cut(packed, size), "a")) == b"".join(parts)


@pytest.mark.parametrize("file", ["--fast", "--best", "--name", "--rsyncable"])
def test_files_of_the_command_are_read(file: str) -> None:
    packed = subprocess.run(["gzip", "-c", file], input=PLAIN, capture_output=True, check=True).stdout
    assert b"".join(gunzip([packed], "a")) == PLAIN


@pytest.mark.parametrize("size", [1, 100, len(PACKED)])
def test_one_that_is_cut_off_anywhere_is_corrupt(size: int) -> None:
    for end in range(len(PACKED)):
        with pytest.raises(ArtifactCorrupt, match=r"cut off|is empty"):
            list(gunzip(cut(PACKED[:end], size), "a"))


@settings(deadline=None)
@given(st.data())
def test_a_changed_byte_never_gives_other_data(data: st.DataObject) -> None:
    changed = bytearray(PACKED)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        plain = b"".join(gunzip([bytes(changed)], "a"))
    except ArtifactCorrupt:
        return
    assert plain == PLAIN


@pytest.mark.parametrize("more", [b"x", b"\0", bytes(600), PACKED[:-1]])
def test_bytes_after_its_end_are_corrupt(more: bytes) -> None:
    for stream in ([PACKED + more], [PACKED, more]):
        with pytest.raises(ArtifactCorrupt):
            list(gunzip(stream, "a"))


def test_a_small_file_of_much_does_not_fill_memory() -> None:
    packed = b"".join(gzip(cut(bytes(256 << 20), 1 << 20)))
    assert len(packed) < 1 << 20
    sizes = [len(piece) for piece in gunzip([packed], "a")]
    assert sum(sizes) == 256 << 20
    assert max(sizes) <= 1 << 20
