"""What passes the screen is what GNU tar sees: archives made to confuse, and the real program."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.live import docker
from volops.errors import VolopsError
from volops.gnu_tar import UNPACK
from volops.tar import walk
from volops.tar_screen import screened

SEED, MADE, ENOUGH = 20251025, 8000, 300
NAMES = (b"a", b"./a", b"d/", b"d/x", b"/etc/x", b"../x", b"l/x", b"l", b"a//b", b"./", b"x" * 100)
KEYS = (b"path", b"linkpath", b"size", b"mtime", b"comment", b"SCHILY.xattr.user.x", b"GNU.volume.label")
SPARSE_KEYS = (b"name", b"major", b"minor", b"realsize", b"map", b"size")
VALUES = (b"a", b"../q", b"/q", b"512", b"1024", b"0", b"1", b"", b"z\0y", b"1.5", b"9000")
KINDS = (b"0", b"0", b"0", b"\0", b"5", b"2", b"1", b"7", b"3", b"6", b"S", b"D", b"V", b"M", b"N")
MAPS = (
    b"1\n0\n512\n",
    b"2\n0\n512\n9000\n0\n",
    b"1\n8000\n100\n",
    b"1\n0\n1024\n",
    b"0\n",
    b"1\n99999\n512\n",
)
UNPACK_ALL = f"""
mkdir -p /deep/er && cd /deep/er
for archive in /made/*.tar; do
    rm -rf x && mkdir x
    LC_ALL=C {UNPACK} --verbose --quoting-style=literal --delay-directory-restore --directory=x --file=- \\
        <"$archive" >"${{archive%.tar}}.unpacked" 2>/dev/null
    LC_ALL=C tar --list --absolute-names --quoting-style=literal --file=- \\
        <"$archive" >"${{archive%.tar}}.listed" 2>/dev/null
done
ls -A /deep /deep/er
"""


class Confusion:
    """Makes archives whose headers contradict each other, are damaged, or hide in each other's data."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - no secret depends on it

    def archive(self) -> bytes:
        return b"".join(self._member() for _ in range(self._chance.choice((1, 2, 3)))) + bytes(1024)

    def _member(self) -> bytes:
        chance, data = self._chance, self._data()
        before = b"".join(self._extended() for _ in range(chance.choice((0, 0, 1, 1, 2))))
        size = len(data) if chance.random() < 0.85 else chance.choice((0, 512, 1024))
        header = bytearray(self._header(chance.choice(NAMES), chance.choice(KINDS), size))
        if chance.random() < 0.15:
            header[chance.randrange(512)] = chance.randrange(256)
            header = bytearray(_summed(header)) if chance.random() < 0.8 else header
        return before + bytes(header) + _padded(data)

    def _extended(self) -> bytes:
        chance = self._chance
        kind = chance.choice((b"x", b"x", b"x", b"g", b"L", b"K", b"X"))
        if kind in (b"L", b"K"):
            content = chance.choice(NAMES) + bytes(chance.choice((0, 1, 3)))
        else:
            content = b"".join(_record(*each) for each in self._records())
        return self._header(b"PaxHeaders/x", kind, len(content), plain=True) + _padded(content)

    def _records(self) -> list[tuple[bytes, bytes]]:
        chance = self._chance
        found = [(chance.choice(KEYS), chance.choice(VALUES)) for _ in range(chance.choice((0, 1, 2)))]
        if chance.random() < 0.4:
            said = {b"major": b"1", b"minor": b"0", b"name": chance.choice(NAMES), b"realsize": b"9000"}
            if chance.random() < 0.5:
                said[chance.choice(SPARSE_KEYS)] = chance.choice(VALUES)
                said.pop(chance.choice(SPARSE_KEYS), None)
            found += [(b"GNU.sparse." + key, value) for key, value in said.items()]
        return found

    def _data(self) -> bytes:
        chance, kind = self._chance, self._chance.random()
        if kind < 0.4:
            return b""
        if kind < 0.6:
            return _padded(chance.choice(MAPS)) + b"q" * 512
        if kind < 0.75:
            return self._header(chance.choice(NAMES), chance.choice((b"0", b"2")), 0)
        return chance.randbytes(chance.choice((1, 100, 512, 600)))

    def _header(self, name: bytes, kind: bytes, size: int, *, plain: bool = False) -> bytes:
        chance, header = self._chance, bytearray(512)
        magic, prefix, link = (
            (b"ustar\x0000", b"", b"")
            if plain
            else (
                chance.choice((b"ustar\x0000", b"ustar  \0", b"")),
                chance.choice((b"", b"", b"pre")),
                chance.choice((b"", b"a", b"../b", b"/c")),
            )
        )
        fields = {0: name, 100: b"0000644\0", 108: b"0000000\0", 116: b"0000000\0", 124: b"%011o\0" % size}
        fields |= {136: b"00000000000\0", 156: kind, 157: link, 257: magic, 345: prefix}
        for at, content in fields.items():
            header[at : at + len(content)] = content
        return _summed(header)


def _summed(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def _record(key: bytes, value: bytes) -> bytes:
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + 1
    while len(str(length)) + len(body) != length:
        length += 1
    return str(length).encode() + body


def _names(lines: bytes) -> list[bytes]:
    return [line.rstrip(b"/") for line in lines.split(b"\n")[:-1]]


def test_what_passes_is_what_gnu_tar_sees(tmp_path: Path, image: Callable[[str], str]) -> None:
    """Most of these archives are refused. Of those that pass, each name is one that was judged."""
    confusion, judged = Confusion(SEED), dict[str, list[bytes]]()
    for number in range(MADE):
        archive = confusion.archive()
        try:
            assert b"".join(screened("some.tar", [archive], trusted=True)) == archive
        except VolopsError:
            continue
        judged[f"{number:05d}"] = [member.name.rstrip(b"/") for member in walk("some.tar", [archive])]
        (tmp_path / f"{number:05d}.tar").write_bytes(archive)
    assert len(judged) >= ENOUGH
    argv = ("run", "--rm", "--log-driver=none", "--network=none", "--volume", f"{tmp_path}:/made")
    left = docker(*argv, image("tools"), "sh", "-c", UNPACK_ALL)
    assert left.split() == [b"/deep:", b"er", b"/deep/er:", b"x"]
    for name, names in judged.items():
        for what in ("listed", "unpacked"):
            assert _names((tmp_path / f"{name}.{what}").read_bytes()) == names, f"{name} {what}"
