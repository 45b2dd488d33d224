"""Compression and digests on the way to a store, and the doubt on the way back."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from volops import chunks, pipeline
from volops.errors import ArtifactCorrupt, StoreFull
from volops.model import Digest
from volops.pipeline import ZSTD, Tally, behind, compress, decompress, observed, opened

CHUNKS = st.lists(st.binary(max_size=3000) | st.integers(0, 400_000).map(bytes), max_size=6)
PLAIN = b"what the volume held, more or less; " * 5000


def digest_of(data: bytes) -> Digest:
    return Digest(len(data), hashlib.sha256(data).hexdigest())


def cut(data: bytes, size: int = 1000) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def packed(data: bytes) -> bytes:
    return b"".join(compress(cut(data, 65536)))


@given(CHUNKS, st.integers(1, 5000))
def test_what_was_compressed_comes_back(chunks: list[bytes], size: int) -> None:
    stored = b"".join(compress(chunks))
    assert b"".join(decompress(cut(stored, size), "a")) == b"".join(chunks)


def test_any_reader_of_zstandard_reads_it() -> None:
    reader = zstandard.ZstdDecompressor().stream_reader(packed(PLAIN))
    assert reader.read() == PLAIN


@pytest.mark.parametrize("level", [-5, 1, 9, 19])
@pytest.mark.parametrize("checksum", [True, False])
@pytest.mark.parametrize("sized", [True, False])
def test_frames_of_other_writers_are_read(level: int, checksum: bool, sized: bool) -> None:
    writer = zstandard.ZstdCompressor(level=level, write_checksum=checksum, write_content_size=sized)
    assert b"".join(decompress(cut(writer.compress(PLAIN)), "a")) == PLAIN


def test_an_archive_of_the_zstd_command_is_read() -> None:
    frame = zstandard.ZstdCompressor(threads=2, write_checksum=True).compress(bytes(3 << 20) + PLAIN)
    assert b"".join(decompress([frame], "a")) == bytes(3 << 20) + PLAIN


@given(st.data())
def test_a_frame_cut_off_anywhere_is_corrupt(data: st.DataObject) -> None:
    stored = packed(PLAIN)
    end = data.draw(st.integers(0, len(stored) - 1))
    with pytest.raises(ArtifactCorrupt, match=r"a\.tar is cut off"):
        list(decompress(cut(stored[:end]), "a.tar"))


@given(st.data())
def test_a_changed_byte_never_gives_other_data(data: st.DataObject) -> None:
    stored = bytearray(packed(PLAIN))
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        plain = b"".join(decompress([bytes(stored)], "a"))
    except ArtifactCorrupt:
        return
    assert plain == PLAIN


@pytest.mark.parametrize("more", [b"x", b"\0", packed(b"")])
def test_bytes_after_the_frame_are_corrupt(more: bytes) -> None:
    with pytest.raises(ArtifactCorrupt, match="bytes after its end"):
        list(decompress([packed(PLAIN) + more], "a"))
    with pytest.raises(ArtifactCorrupt, match="bytes after its end"):
        list(decompress([packed(PLAIN), more], "a"))


@pytest.mark.parametrize("other", [b"", b"\x1f\x8b\x08\0\0\0\0\0", b"PK\3\4....", bytes(100)])
def test_what_is_no_frame_is_corrupt(other: bytes) -> None:
    with pytest.raises(ArtifactCorrupt):
        list(decompress([other], "a"))


def test_a_tally_is_of_what_has_passed() -> None:
    tally = Tally()
    stream = tally.passing([b"ab", b"", b"c"])
    assert tally.digest() == digest_of(b"")
    assert list(stream) == [b"ab", b"", b"c"]
    assert tally.digest() == digest_of(b"abc")


def test_an_observer_is_told_the_size_of_each_chunk() -> None:
    sizes: list[int] = []
    assert list(observed([b"ab", b"c"], sizes.append)) == [b"ab", b"c"]
    assert sizes == [2, 1]


def test_a_stored_artifact_is_opened() -> None:
    stored = packed(PLAIN)
    stream = opened("a", cut(stored), (ZSTD,), digest_of(stored), digest_of(PLAIN))
    assert b"".join(stream) == PLAIN
    assert b"".join(opened("a", cut(PLAIN), (), digest_of(PLAIN), digest_of(PLAIN))) == PLAIN


@pytest.mark.parametrize(
    ("stored", "plain", "complaint"),
    [
        (digest_of(b"other"), digest_of(PLAIN), "stored bytes are not those of the manifest"),
        (digest_of(packed(PLAIN)), digest_of(b"other"), "plain bytes are not those of the manifest"),
        (
            Digest(len(packed(PLAIN)), "00" * 32),
            digest_of(PLAIN),
            "SHA-256 of its stored bytes is not that of the manifest",
        ),
    ],
)
def test_an_artifact_that_is_not_the_manifest_s_is_corrupt(
    stored: Digest, plain: Digest, complaint: str
) -> None:
    with pytest.raises(ArtifactCorrupt, match=complaint):
        list(opened("a", cut(packed(PLAIN)), (ZSTD,), stored, plain))


@pytest.mark.parametrize("codecs", [(), (ZSTD,)])
def test_whoever_knows_the_stored_bytes_still_has_the_plain_ones_judged(codecs: tuple[str, ...]) -> None:
    def stored(data: bytes) -> Iterator[bytes]:
        return cut(packed(data) if codecs else data)

    assert b"".join(opened("a", stored(PLAIN), codecs, None, digest_of(PLAIN))) == PLAIN
    other = b"x" + PLAIN[1:]
    for changed, complaint in ((other, "SHA-256 of its plain bytes"), (PLAIN + b"x", "plain bytes are not")):
        with pytest.raises(ArtifactCorrupt, match=complaint):
            list(opened("a", stored(changed), codecs, None, digest_of(PLAIN)))


def test_an_unknown_codec_is_said() -> None:
    with pytest.raises(ArtifactCorrupt, match="unknown codec 'lz77'"):
        list(opened("a", [PLAIN], ("lz77",), digest_of(PLAIN), digest_of(PLAIN)))


MEASURED = """
import json, random
from tests.live import peak_kibibytes
from volops.pipeline import Tally, compress, decompress

def text(gibibytes):
    chance = random.Random(1)
    noise = chance.randbytes(1 << 20)
    for number in range(gibibytes * 1024):
        cut = chance.randrange(1 << 20)
        yield noise[cut:] + noise[:cut] if number % 8 == 0 else bytes(1 << 20)

tally = Tally()
def through():
    for piece in compress(text(1)):
        yield piece
size = sum(map(len, tally.passing(decompress(through(), "a"))))
print(json.dumps([size, peak_kibibytes()]))
"""


def test_memory_stays_bounded_whatever_the_size() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, check=True, timeout=120)
    size, kibibytes = json.loads(done.stdout)
    assert size == 1 << 30
    assert kibibytes < 100 * 1024


def test_a_small_frame_of_much_does_not_fill_memory() -> None:
    """A restore of a hostile or merely well packed archive must not take gigabytes at once."""
    frame = packed(bytes(256 << 20))
    assert len(frame) < 64 * 1024
    assert max(map(len, decompress([frame], "a"))) <= 1 << 20


def test_what_is_stored_behind_is_all_of_it_in_order() -> None:
    chunks = [bytes([number]) * number for number in range(100)]
    assert behind(iter(chunks), lambda stream: b"".join(stream)) == b"".join(chunks)


def test_chunks_that_fail_are_no_end_for_who_stores_them() -> None:
    taken: list[object] = []

    def broken() -> Iterator[bytes]:
        yield b"first"
        raise ArtifactCorrupt("cut off")

    def store(chunks: Iterator[bytes]) -> None:
        try:
            taken.extend(chunks)
        except Exception:
            taken.append("no whole stream")
            raise

    with pytest.raises(ArtifactCorrupt, match="cut off"):
        behind(broken(), store)
    assert taken == ["no whole stream"] or taken == [b"first", "no whole stream"]


def test_when_storing_fails_no_more_chunks_are_made() -> None:
    made = 0

    def endless() -> Iterator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield b"more"

    def full(chunks: Iterator[bytes]) -> None:
        next(chunks)
        raise StoreFull("the disk is full", next_step="make room")

    with pytest.raises(StoreFull):
        behind(endless(), full)
    assert made < 100_000


def test_an_interruption_ends_both() -> None:
    ended = threading.Event()

    def interrupted() -> Iterator[bytes]:
        yield b"first"
        raise KeyboardInterrupt

    def store(chunks: Iterator[bytes]) -> None:
        try:
            for _ in chunks:
                pass
        finally:
            ended.set()

    with pytest.raises(KeyboardInterrupt):
        behind(interrupted(), store)
    assert ended.is_set()


def test_an_interruption_of_the_very_end_ends_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the end cannot be handed over, whoever stores must not wait for it for ever."""
    hand = chunks.handed

    def interrupted(chunk: bytes | None, *rest: Any) -> bool:
        if chunk is None:
            raise KeyboardInterrupt
        return hand(chunk, *rest)

    monkeypatch.setattr(pipeline, "handed", interrupted)
    taken: list[bytes] = []
    with pytest.raises(KeyboardInterrupt):
        behind(iter([b"first", b"second"]), taken.extend)
    assert taken == [b"first", b"second"]
