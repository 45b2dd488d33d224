"""Tar archives are read to their end without unpacking, and what is not whole is told from what is."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.live import docker
from volops.errors import ArtifactCorrupt
from volops.tar import BLOCK, TRAILER, check_tar, ends_whole, walk
from volops.tar_screen import screened

MADE_BY_GNU_TAR = """
set -e
mkdir /tmp/tree && cd /tmp/tree
printf hello >plain
ln plain again
ln -s plain soft
mkfifo pipe
long=$(printf 'd%.0s' $(seq 90))
mkdir -p "folder/$long/$long"
printf deep >"folder/$long/$long/$long$long"
ln -s $(printf 'l%.0s' $(seq 300)) "long link"
truncate -s 4M islands
for at in $(seq 0 40); do
    printf island | dd of=islands bs=1 seek=$((at * 100000)) conv=notrunc status=none
done
truncate -s 1M hole
printf '\\303\\274 and \\377' >"$(printf 'odd \\303\\274 \\377 name')"
exec tar --create --format="$1" $2 --sort=name .
"""


def chunked(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def names(data: bytes, size: int = 4096) -> list[bytes]:
    return [member.name for member in walk("some.tar", chunked(data, size))]


@dataclass(frozen=True)
class Entry:
    """One member to be written by Python's tarfile."""

    name: str
    kind: bytes
    data: bytes = b""
    link: str = ""

    def info(self) -> tarfile.TarInfo:
        info = tarfile.TarInfo(self.name)
        info.type, info.linkname = self.kind, self.link
        info.size = len(self.data)
        info.mtime = 1_700_000_000.25
        return info


def archive(entries: list[Entry], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as tar:
        for entry in entries:
            tar.addfile(entry.info(), io.BytesIO(entry.data))
    return buffer.getvalue()


LETTERS = st.sampled_from("abcXYZ .-_=\n'ü写")
NAMES = st.text(LETTERS, min_size=1, max_size=300).map(lambda text: f"n{text}n")
SHORT_NAMES = st.text(st.sampled_from("abc .-_="), min_size=1, max_size=80).map(lambda text: f"n{text}n")
LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)


def entries(of_names: st.SearchStrategy[str]) -> st.SearchStrategy[list[Entry]]:
    files = st.builds(Entry, of_names, st.just(tarfile.REGTYPE), st.binary(max_size=1500))
    links = st.builds(Entry, of_names, st.sampled_from(LINKS), st.just(b""), of_names)
    others = st.builds(Entry, of_names, st.sampled_from((tarfile.FIFOTYPE, tarfile.DIRTYPE)))
    return st.lists(files | links | others, max_size=8)


@given(
    st.tuples(st.sampled_from((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)), entries(NAMES))
    | st.tuples(st.just(tarfile.USTAR_FORMAT), entries(SHORT_NAMES)),
    st.integers(1, 12_000),
)
def test_members_are_those_that_were_written(made: tuple[int, list[Entry]], size: int) -> None:
    form, written = made
    data = archive(written, form)
    found = list(walk("some.tar", chunked(data, size)))
    assert [member.name.decode().rstrip("/") for member in found] == [entry.name for entry in written]
    assert [member.kind for member in found] == [entry.kind for entry in written]
    assert [member.size for member in found] == [len(entry.data) for entry in written]
    links = [member.link.decode() for member in found if member.kind in LINKS]
    assert links == [entry.link for entry in written if entry.kind in LINKS]


@given(entries(NAMES), st.sampled_from((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)), st.data())
def test_an_archive_cut_off_anywhere_before_its_end_is_corrupt(
    written: list[Entry], form: int, data: st.DataObject
) -> None:
    whole = archive(written, form)
    content = len(whole.rstrip(b"\0"))
    end = -(-content // BLOCK) * BLOCK + len(TRAILER)
    cut = data.draw(st.integers(0, end - 1))
    with pytest.raises(ArtifactCorrupt):
        check_tar("some.tar", [whole[:cut]])


def test_an_archive_cut_off_at_any_block_is_corrupt() -> None:
    written = [Entry("a" * 150, tarfile.REGTYPE, b"x" * 2000), Entry("b", tarfile.DIRTYPE)]
    whole = archive(written, tarfile.PAX_FORMAT).rstrip(b"\0")
    blocks = -(-len(whole) // BLOCK)
    for count in range(blocks + 2):
        with pytest.raises(ArtifactCorrupt):
            check_tar("some.tar", [whole.ljust((blocks + 2) * BLOCK, b"\0")[: count * BLOCK]])
    assert check_tar("some.tar", [whole.ljust((blocks + 2) * BLOCK, b"\0")]) == 2


@settings(max_examples=300)
@given(st.data())
def test_a_changed_byte_in_a_header_is_found(data: st.DataObject) -> None:
    written = [Entry("first", tarfile.REGTYPE, b"1" * 600), Entry("second", tarfile.SYMTYPE, link="first")]
    whole = bytearray(archive(written, tarfile.USTAR_FORMAT))
    header = data.draw(st.sampled_from((0, 3 * BLOCK)))
    at = header + data.draw(st.integers(0, BLOCK - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    if at - header in (154, 155) and whole[at] in b"\0 ":
        # How the checksum's own field is filled up is free.
        assert names(bytes(whole)) == [b"first", b"second"]
    else:
        with pytest.raises(ArtifactCorrupt):
            check_tar("some.tar", [bytes(whole)])


@given(st.binary(max_size=3000))
def test_anything_else_is_corrupt(data: bytes) -> None:
    with pytest.raises(ArtifactCorrupt):
        check_tar("some.tar", [data.replace(b"ustar", b"radix")])


@given(st.binary(max_size=600))
def test_a_damaged_extended_header_is_corrupt_or_read(records: bytes) -> None:
    info = tarfile.TarInfo("PaxHeaders/x")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    data = info.tobuf(tarfile.USTAR_FORMAT) + records.ljust(-(-len(records) // BLOCK) * BLOCK, b"\0")
    data += tarfile.TarInfo("file").tobuf(tarfile.USTAR_FORMAT) + TRAILER
    try:
        count = check_tar("some.tar", [data])
    except ArtifactCorrupt:
        return
    assert count == 1


@pytest.mark.parametrize(
    "records",
    [
        b"9" * 5000 + b" path=x\n",
        b"12 size=999999999999999999999999999\n",
        b"5 a=b\n",
        b"0 a=b\n",
        b"-6 a=b\n",
        b"6 a=bc",
        b"99 a=b\n",
        b"6 abcd\n",
    ],
)
def test_a_hostile_extended_header_is_corrupt(records: bytes) -> None:
    info = tarfile.TarInfo("PaxHeaders/x")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    padded = records.ljust(-(-len(records) // BLOCK) * BLOCK, b"\0")
    data = info.tobuf(tarfile.USTAR_FORMAT) + padded
    data += tarfile.TarInfo("file").tobuf(tarfile.USTAR_FORMAT) + TRAILER
    with pytest.raises(ArtifactCorrupt, match="extended header is damaged"):
        check_tar("some.tar", [data])


def test_bytes_after_the_end_are_corrupt() -> None:
    data = archive([Entry("a", tarfile.REGTYPE, b"1")], tarfile.PAX_FORMAT)
    with pytest.raises(ArtifactCorrupt, match="end-of-archive"):
        check_tar("some.tar", [data, data])


def test_an_archive_of_nothing_is_whole() -> None:
    assert check_tar("some.tar", [bytes(10240)]) == 0


@pytest.mark.parametrize(
    ("form", "sparse"),
    [
        ("posix", "--sparse"),
        ("posix", "--sparse --sparse-version=0.0"),
        ("posix", "--sparse --sparse-version=0.1"),
        ("gnu", "--sparse"),
        ("oldgnu", "--sparse --hole-detection=raw"),
        ("ustar", ""),
        ("v7", ""),
    ],
)
def test_archives_of_gnu_tar_are_read_as_another_reader_reads_them(
    image: Callable[[str], str], form: str, sparse: str
) -> None:
    data = docker(
        "run", "--rm", "--log-driver=none", "--network=none", image("tools"),
        "sh", "-c", MADE_BY_GNU_TAR, "sh", form, sparse, ok=(2,) if form in ("ustar", "v7") else (0,),
    )  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as tar:
        expected = [member.name for member in tar.getmembers()]
    found = [name.decode("utf-8", "surrogateescape").rstrip("/") for name in names(data, 65536)]
    assert found == expected
    assert len(found) >= (12 if form in ("posix", "gnu", "oldgnu") else 8)
    if (form, sparse) == ("posix", "--sparse"):
        # What a backup holds passes the screen of a restore.
        assert b"".join(screened("some.tar", chunked(data, 4096), trusted=True)) == data


def test_forty_thousand_members_take_less_than_three_seconds() -> None:
    info = Entry("node_modules/some/package/lib/index.js", tarfile.REGTYPE, b"x" * 300)
    one = archive([info], tarfile.PAX_FORMAT).rstrip(b"\0")
    one = one.ljust(-(-len(one) // BLOCK) * BLOCK, b"\0")
    start = time.process_time()
    assert check_tar("some.tar", chunked(one * 40_000 + TRAILER, 1 << 20)) == 40_000
    assert time.process_time() - start < 3


@given(st.binary(max_size=5000), st.integers(1, 3000))
def test_a_stream_that_ends_in_the_trailer_passes_unchanged(data: bytes, size: int) -> None:
    stream = list(chunked(data + TRAILER, size))
    assert b"".join(ends_whole(stream, "some.tar")) == data + TRAILER


@given(st.binary(max_size=3000), st.integers(0, len(TRAILER) - 1), st.integers(1, 1500))
def test_a_stream_without_the_trailer_raises_at_its_end(data: bytes, zeros: int, size: int) -> None:
    short = data + b"x" + bytes(zeros)
    passed: list[bytes] = []
    with pytest.raises(ArtifactCorrupt, match="end-of-archive"):
        passed.extend(ends_whole(chunked(short, size), "some.tar"))
    assert b"".join(passed) == short
