"""What is hostile in an archive never reaches the program that unpacks it; all else passes unchanged."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Iterator, Mapping
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volops.errors import ArtifactCorrupt, HostileArchive, VolopsError
from volops.tar_screen import screened

CAPABILITY = {"SCHILY.xattr.security.capability": "\1\0\0\2"}
DIRECTORY, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", **changes: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mtime = kind, link, 1_700_000_000.25
    info.mode = 0o755 if kind == DIRECTORY else 0o644
    for key, value in changes.items():
        setattr(info, key, value)
    return info


def raw(info: tarfile.TarInfo, data: bytes = b"", form: Literal[0, 1, 2] = tarfile.PAX_FORMAT) -> bytes:
    info.size = len(data) or info.size
    return info.tobuf(form) + data + bytes(-len(data) % 512)


def archive(*members: tarfile.TarInfo | bytes) -> bytes:
    return b"".join(each if isinstance(each, bytes) else raw(each) for each in members) + bytes(1024)


def chunked(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def passed(data: bytes, *, trusted: bool, size: int = 4096) -> bytes:
    return b"".join(screened("some.tar", chunked(data, size), trusted=trusted))


def let_through(data: bytes, size: int, *, trusted: bool) -> tuple[bytes, VolopsError]:
    """What went on before the archive was refused, and why it was."""
    went: list[bytes] = []
    with pytest.raises((HostileArchive, ArtifactCorrupt)) as error:
        went.extend(screened("some.tar", chunked(data, size), trusted=trusted))
    return b"".join(went), error.value


def record(key: bytes, value: bytes) -> bytes:
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + 1
    while len(str(length)) + len(body) != length:
        length += 1
    return str(length).encode() + body


def extended(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    info = tarfile.TarInfo("PaxHeaders/x")
    info.type = kind
    return raw(info, records, tarfile.USTAR_FORMAT)


def plain(name: str = "file", data: bytes = b"", **changes: object) -> bytes:
    return raw(member(name, **{"mtime": 0, **changes}), data, tarfile.USTAR_FORMAT)  # type: ignore[arg-type]


def sparse(major: bytes = b"1") -> bytes:
    """What GNU tar says before a sparse file."""
    said = {b"major": major, b"minor": b"0", b"name": b"holes", b"realsize": b"9000"}
    return b"".join(record(b"GNU.sparse." + key, value) for key, value in said.items())


MAP = b"2\n0\n10\n9000\n0\n".ljust(512, b"\0") + bytes(512)
Members = tuple[tarfile.TarInfo | bytes, ...]
ALWAYS: Mapping[str, Members] = {
    "an absolute name": (member("/etc/passwd"),),
    "a name above": (member("../outside"),),
    "a name that goes up in the middle": (member("a/../../outside"),),
    "a name that goes up and stays inside": (member("a/../b"),),
    "an absolute directory": (member("/", DIRECTORY),),
    "a hard link to an absolute name": (member("a", HARD, "/etc/passwd"),),
    "a hard link to a name above": (member("a", HARD, "../../etc/passwd"),),
    "a hard link through a link": (member("here", LINK, "there"), member("a", HARD, "here/b")),
    "a file through a link": (member("here", LINK, "there"), member("here/file")),
    "a file through a link, far below": (member("a/here", LINK, "there"), member("./a//here/b/c/file")),
    "a file through a hard link to a link": (
        member("one", LINK, "there"),
        member("two", HARD, "one"),
        member("two/file"),
    ),
    "a file through a link that replaces a directory": (
        member("a", DIRECTORY),
        member("a/one"),
        member("a", LINK, "b"),
        member("a/two"),
    ),
    "a file in place of a link": (member("a", LINK, "b"), member("a")),
    "a link in place of the directory itself": (member("./", LINK, "b"),),
    "a file of volops itself": (member("./.volops/phase"),),
    "the directory of volops itself": (member("./.volops", DIRECTORY),),
    "a kind that nobody knows": (plain("a", type=b"Z"),),
    "a volume label": (plain("a", type=b"V"),),
    "an old sparse file": (plain("a", type=b"S"),),
    "a directory with data": (plain("a/", b"x" * 512),),
    "a directory with a size": (plain("a", type=DIRECTORY, size=512), bytes(512)),
    "a link with a size": (plain("a", type=LINK, linkname="b", size=512), bytes(512)),
    "a header for all that follow": (extended(record(b"path", b"/etc/passwd"), b"g"), plain()),
    "two headers of one member": (extended(record(b"path", b"a")), extended(record(b"path", b"b")), plain()),
    "a pax header and a long name": (
        extended(record(b"path", b"/a")),
        raw(member("././@LongLink", b"L", mtime=0), b"b\0", tarfile.USTAR_FORMAT),
        plain(),
    ),
    "a name twice in one header": (extended(record(b"path", b"/a") + record(b"path", b"b")), plain()),
    "a name that ends early": (extended(record(b"path", b"a\0/../../b")), plain()),
    "no name at all": (extended(record(b"path", b"")), plain()),
    "a key after two blanks": (extended(b"11  path=/a\n"), plain()),
    "a size that is told twice": (extended(record(b"size", b"0")), plain(data=b"x" * 512)),
    "a sparse file whose map is not of its data": (
        extended(sparse()),
        plain(data=b"1\n0\n4096\n".ljust(1024, b"\0")),
    ),
    "a sparse file with data beyond its end": (
        extended(sparse()),
        plain(data=b"1\n99999\n10\n".ljust(512, b"\0") + bytes(512)),
    ),
    "a sparse file with data twice": (
        extended(sparse()),
        plain(data=b"2\n0\n10\n5\n10\n".ljust(512, b"\0") + bytes(1024)),
    ),
    "a sparse file of an older format": (
        extended(record(b"GNU.sparse.map", b"0,512")),
        plain(data=b"x" * 512),
    ),
    "a sparse file of no format": (extended(record(b"GNU.sparse.realsize", b"1024")), plain(), plain()),
    "a sparse file of a later format": (extended(sparse(b"2")), plain(data=MAP)),
    "a sparse link": (
        extended(sparse()),
        plain("a", type=LINK, linkname="b"),
    ),
}
OF_STRANGERS: Mapping[str, Members] = {
    "a link to an absolute place": (member("a", LINK, "/etc"),),
    "a link above": (member("a/b", LINK, "../../etc"),),
    "a link that goes up after a name": (member("a/b", LINK, "c/../../d"),),
    "a link to nothing": (member("a", LINK, ""),),
    "a link inside, linked from where it leads outside": (
        member("a/b/c", LINK, "../../d"),
        member("e", HARD, "a/b/c"),
    ),
    "a block device": (member("sda", tarfile.BLKTYPE, devmajor=8),),
    "a character device": (member("mem", tarfile.CHRTYPE, devmajor=1, devminor=1),),
    "a setuid file": (member("sh", mode=0o4755),),
    "a setgid file": (member("sh", mode=0o2755),),
    "a file with capabilities": (member("ping", pax_headers=CAPABILITY),),
}
HARMLESS = (
    member("./", DIRECTORY, mode=0o2775),
    member("./..file"),
    member("./a/b", LINK, "../c/d"),
    member("./a/here", LINK, "."),
    member("./node_modules/.bin/tsc", LINK, "../typescript/bin/tsc"),
    member("./a/again", HARD, "./..file"),
    member("./pipe", tarfile.FIFOTYPE),
    extended(record(b"comment", b"0123456789"), b"g"),
    plain("old/", type=tarfile.AREGTYPE),
    extended(sparse()),
    plain(data=MAP),
)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("what", ALWAYS)
def test_what_would_be_written_elsewhere_is_always_refused(what: str, trusted: bool) -> None:
    went, _ = let_through(archive(*ALWAYS[what]), 1 << 20, trusted=trusted)
    assert went == b""


@pytest.mark.parametrize("what", OF_STRANGERS)
def test_what_only_its_maker_should_unpack_is_refused_of_a_stranger(what: str) -> None:
    data = archive(*OF_STRANGERS[what])
    went, error = let_through(data, 1 << 20, trusted=False)
    assert went == b""
    assert isinstance(error, HostileArchive)
    assert "--trust" in error.next_step
    assert passed(data, trusted=True) == data


@pytest.mark.parametrize("trusted", [True, False])
def test_what_trees_hold_passes_unchanged(trusted: bool) -> None:
    data = archive(*HARMLESS)
    assert passed(data, trusted=trusted) == data


def test_the_error_names_the_member() -> None:
    _, error = let_through(archive(member("fine"), member("../größe")), 512, trusted=True)
    assert error.message == "some.tar is refused: '../größe' has `..` in its name"


def test_a_directory_of_the_archive_may_be_its_root() -> None:
    data = archive(member("volume", DIRECTORY), member("volume/a", LINK, "b"), member("volume/b"))
    assert b"".join(screened("some.tar", [data], trusted=False, below="volume")) == data
    for hostile in (member("volume/c", LINK, "../d"), member("volume/.volops/phase"), member("a/x")):
        told = archive(member("volume/a", LINK, "b"), hostile)
        with pytest.raises(HostileArchive):
            list(screened("some.tar", [told], trusted=False, below="volume"))


FILES = st.builds(
    lambda name, size: raw(member(f"./{name}"), b"x" * size),
    st.text(st.sampled_from("abc/ ü"), min_size=1, max_size=200).map(lambda name: f"f{name}f"),
    st.integers(0, 3000),
)


@settings(deadline=None)
@given(st.lists(FILES, max_size=12), st.integers(1, 9000))
def test_any_harmless_archive_passes_in_whatever_chunks(members: list[bytes], size: int) -> None:
    data = archive(*members)
    assert passed(data, trusted=False, size=size) == data


@settings(max_examples=300, deadline=None)
@given(
    st.lists(FILES, max_size=6),
    st.sampled_from(sorted({**ALWAYS, **OF_STRANGERS})),
    st.lists(FILES, max_size=3),
    st.integers(1, 9000),
)
def test_whatever_stands_before_it_a_hostile_header_does_not_go_on(
    before: list[bytes], what: str, after: list[bytes], size: int
) -> None:
    """Of the hostile member less than its header goes on, which no reader of tar acts upon."""
    hostile = {**ALWAYS, **OF_STRANGERS}[what]
    head = b"".join(before)
    whole = archive(*hostile)[:-1024]
    went, _ = let_through(head + whole + archive(*after), size, trusted=False)
    assert (head + whole).startswith(went)
    assert len(went) < len(head) + len(whole)


@settings(deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 3000))
def test_what_is_no_archive_is_an_error(data: bytes, size: int) -> None:
    with pytest.raises(VolopsError):
        passed(data.replace(b"ustar", b"radix") + b"x", trusted=True, size=size)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_reader_that_is_not_ours_finds_nothing_outside_in_what_passes(data: st.DataObject) -> None:
    """Bytes of an archive with a hostile member are changed at random: what still passes is harmless."""
    content = bytearray(archive(*HARMLESS, member("../outside"), member("/absolute")))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        went = passed(bytes(content), trusted=True)
    except VolopsError:
        return
    with tarfile.open(fileobj=io.BytesIO(went)) as tar:
        names = tar.getnames()
    assert not [name for name in names if name.startswith("/") or ".." in name.split("/")]


def test_forty_thousand_members_cost_less_than_a_second() -> None:
    one = raw(member("node_modules/some/package/lib/index.js"), b"x" * 300)
    link = raw(member("node_modules/.bin/some", LINK, "../some/package/lib/index.js"))
    data = link + one * 42_000 + bytes(1024)
    chunks = list(chunked(data, 1 << 20))
    spent = []
    for _ in range(3):
        start = time.process_time()
        assert sum(map(len, screened("some.tar", chunks, trusted=False))) == len(data)
        spent.append(time.process_time() - start)
    assert min(spent) < 1


def test_memory_stays_bounded_in_a_large_file() -> None:
    info = member("large")
    info.size = 64 << 20
    held: list[int] = []
    given_out = 0

    def chunks() -> Iterator[bytes]:
        nonlocal given_out
        for chunk in (info.tobuf(tarfile.PAX_FORMAT), *[bytes(1 << 20)] * 64, bytes(10_240)):
            given_out += len(chunk)
            yield chunk

    went = 0
    for chunk in screened("some.tar", chunks(), trusted=True):
        went += len(chunk)
        held.append(given_out - went)
    assert went == given_out
    assert max(held) <= 2 << 20
