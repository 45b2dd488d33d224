"""Exact numbers of bytes come out of chunks of any sizes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volops.chunks import ChunkReader, ahead

CHUNKS = st.lists(st.binary(max_size=20), max_size=20)


@given(CHUNKS, st.lists(st.tuples(st.booleans(), st.integers(0, 30))))
def test_what_is_taken_and_skipped_is_what_came(chunks: list[bytes], steps: list[tuple[bool, int]]) -> None:
    whole, reader, at = b"".join(chunks), ChunkReader(chunks), 0
    for take, count in steps:
        there = whole[at : at + count]
        if take:
            assert reader.take(count) == there
        else:
            assert reader.skip(count) == count - len(there)
        at += len(there)


@given(CHUNKS, st.lists(st.tuples(st.booleans(), st.integers(1, 30))))
def test_what_comes_in_parts_never_spans_two_chunks(
    chunks: list[bytes], steps: list[tuple[bool, int]]
) -> None:
    whole, reader, at = b"".join(chunks), ChunkReader(chunks), 0
    ends = {sum(map(len, chunks[:count])) for count in range(len(chunks) + 1)}
    for take, count in steps:
        passed = len(part := reader.some(count)) if take else reader.pass_over(count)
        assert passed == min(count, min((end for end in ends if end > at), default=at) - at)
        assert not take or part == whole[at : at + passed]
        at += passed


@given(st.lists(st.sampled_from([b"", b"\0", b"\0\0\0", b"\0x\0", b"y"]), max_size=8), st.integers(0, 8))
def test_only_zeros_follow_when_nothing_else_comes(chunks: list[bytes], taken: int) -> None:
    reader = ChunkReader(chunks)
    reader.take(taken)
    assert reader.only_zeros_follow() == (not b"".join(chunks)[taken:].strip(b"\0"))
    assert reader.take(1) == b""


@given(CHUNKS)
def test_what_is_made_ahead_is_what_was_made(chunks: list[bytes]) -> None:
    assert b"".join(ahead(chunks)) == b"".join(chunks)


def test_what_making_raises_comes_after_all_that_was_made() -> None:
    def made() -> Iterator[bytes]:
        yield b"x" * (3 << 20)
        yield b"y"
        raise LookupError("the end is not one")

    taken = ahead(made())
    assert next(taken) == b"x" * (3 << 20)
    with pytest.raises(LookupError, match="not one"):
        list(taken)


def test_nothing_more_is_made_once_nobody_takes_it() -> None:
    ended = threading.Event()
    count = 0

    def made() -> Iterator[bytes]:
        nonlocal count
        try:
            while True:
                count += 1
                yield bytes(1 << 20)
        finally:
            ended.set()

    taken = ahead(made())
    next(taken)
    taken.close()
    assert ended.wait(10)
    # What waited, what was taken, and what was at hand.
    assert count <= 8
