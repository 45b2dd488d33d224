"""Runs in a container as root and fills /volume with everything a file system may hold.

Usage: python3 fill.py [SEED]
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import stat
import struct
import sys
import unicodedata
from pathlib import Path

ROOT = Path("/volume")
BIG_ID = 3_000_000_000
"""Above 2^31, so far above the 2^21 that an octal header field holds."""
_TAGS = {"user_obj": 1, "user": 2, "group_obj": 4, "group": 8, "mask": 16, "other": 32}
_NOBODY = 0xFFFFFFFF


def acl(*entries: tuple[str, int, int]) -> bytes:
    """A POSIX ACL as the kernel stores it (linux/posix_acl_xattr.h): version 2, then tag, rights, id."""
    packed = (struct.pack("<HHI", _TAGS[tag], rights, who) for tag, rights, who in entries)
    return struct.pack("<I", 2) + b"".join(packed)


FOR_TWO = acl(
    ("user_obj", 6, _NOBODY),
    ("user", 4, 1234),
    ("user", 6, BIG_ID),
    ("group_obj", 4, _NOBODY),
    ("group", 4, 4321),
    ("mask", 6, _NOBODY),
    ("other", 0, _NOBODY),
)
NET_BIND_SERVICE = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
"""cap_net_bind_service=ep (linux/capability.h, revision 2)."""


def names() -> None:
    odd = ROOT / "odd names"
    odd.mkdir()
    for name in (
        b"-rf",
        b"--checkpoint-action=exec=sh",
        b" leading and trailing ",
        b"two\nlines",
        b"a\ttab",
        b"back\\slash",
        b"quotes \"'`",
        b"*?[a-z]{b}$HOME;&|<>",
        b"\x01\x1b[31mred\x7f",
        b"invalid \xff\xfe utf-8",
        b"latin1 \xe9t\xe9",
        unicodedata.normalize("NFC", "naïveté").encode(),
        unicodedata.normalize("NFD", "naïveté").encode(),
        "写真 📷 العربية".encode(),
        b"x" * 255,
        ("ü" * 127).encode(),
        b"~",
        b"...",
        b".hidden",
        b"@LongLink",
        b"PaxHeaders",
    ):
        (odd / os.fsdecode(name)).write_bytes(name)
    deep = os.open(ROOT, os.O_RDONLY)
    for level in range(18):
        step = f"{level:02}-" + "d" * 200
        os.mkdir(step, dir_fd=deep)
        deep = os.open(step, os.O_RDONLY, dir_fd=deep)
    with os.fdopen(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=deep), "w") as bottom:
        bottom.write("deep")


def owners_and_modes() -> None:
    modes = ROOT / "modes"
    modes.mkdir()
    for mode in (0o000, 0o400, 0o644, 0o755, 0o777, 0o4755, 0o2755, 0o1777, 0o6711, 0o7777):
        path = modes / f"{mode:04o}"
        path.write_text("x")
        os.chown(path, BIG_ID - mode, BIG_ID + mode)
        path.chmod(mode)
    for mode in (0o000, 0o1777, 0o2775, 0o700):
        path = modes / f"directory-{mode:04o}"
        path.mkdir()
        (path / "inside").write_text("y")
        os.chown(path, 1000, BIG_ID)
        path.chmod(mode)
    (modes / "owned link").symlink_to("0644")
    os.chown(modes / "owned link", BIG_ID, 77, follow_symlinks=False)
    (modes / "empty directory").mkdir()
    (modes / "empty file").touch()


def links() -> None:
    folder = ROOT / "links"
    folder.mkdir()
    (folder / "dangling").symlink_to("nowhere/at/all")
    (folder / "absolute").symlink_to("/etc/passwd")
    (folder / "outside").symlink_to("../../../outside")
    (folder / "itself").symlink_to(".")
    (folder / "long").symlink_to("l" * 3000)
    (folder / "to invalid utf-8").symlink_to(os.fsdecode(b"caf\xe9 \xff"))
    (folder / "z-first").write_text("one file, four names")
    for name in ("a-second", "m-third"):
        os.link(folder / "z-first", folder / name)
    os.link(folder / "z-first", ROOT / "odd names" / "fourth")
    os.link(folder / "dangling", folder / "dangling too", follow_symlinks=False)
    os.link(folder / "long", folder / "long too", follow_symlinks=False)


def attributes() -> None:
    folder = ROOT / "attributes"
    folder.mkdir()
    for target in (folder / "file", folder / "folder"):
        target.write_text("z") if target.name == "file" else target.mkdir()
        os.setxattr(target, "user.zz", b"set first")
        os.setxattr(target, "user.comment", "größer = besser\n2 lines".encode())
        os.setxattr(target, "user.binary", bytes(range(256)))
        os.setxattr(target, "user.empty", b"")
        os.setxattr(target, "security.custom", b"kept\0too")
        os.setxattr(target, "user.large", b"L" * 1500)
        os.setxattr(target, "system.posix_acl_access", FOR_TWO)
    os.setxattr(folder / "folder", "system.posix_acl_default", FOR_TWO)
    (folder / "folder" / "inherits").write_text("i")
    program = folder / "server"
    program.write_text("#!/bin/sh\n")
    os.chown(program, 33, 33)
    program.chmod(0o755)
    os.setxattr(program, "security.capability", NET_BIND_SERVICE)
    (folder / "link").symlink_to("file")
    os.setxattr(folder / "link", "security.custom", b"of the link", follow_symlinks=False)


def sparse() -> None:
    folder = ROOT / "sparse"
    folder.mkdir()
    with (folder / "all hole").open("wb") as file:
        file.truncate(1 << 30)
    with (folder / "islands").open("wb") as file:
        for offset in (0, 5_000_001, 300_000_000, (1 << 31) - 7):
            file.seek(offset)
            file.write(b"island %d" % offset)
    with (folder / "many islands").open("wb") as file:
        for number in range(300):
            file.seek(number * 65536 + number)
            file.write(b"#%d" % number)
        file.truncate(300 * 65536)
    with (folder / "hole at both ends").open("wb") as file:
        file.seek(1 << 20)
        file.write(os.urandom(4096))
        file.truncate(1 << 21)
    with (folder / "reserved").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 1 << 20)
        file.write(b"the rest was only reserved")
    (folder / "zeros that were written").write_bytes(bytes(1 << 20))
    with (folder / ("n" * 200)).open("wb") as file:
        file.truncate(1 << 20)


def specials() -> None:
    folder = ROOT / "specials"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    os.mknod(folder / "null", stat.S_IFCHR, os.makedev(1, 3))
    os.mknod(folder / "disk", stat.S_IFBLK, os.makedev(259, 70_000))
    for name, mode in (("pipe", 0o620), ("null", 0o666), ("disk", 0o660)):
        (folder / name).chmod(mode)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))


def at_random(seed: int) -> None:
    """Extended attributes set in any order, with values in the inode and outside it."""
    chance = random.Random(seed)  # noqa: S311
    folder = ROOT / "random"
    folder.mkdir()
    for number in range(150):
        path = folder / str(number)
        path.write_bytes(chance.randbytes(chance.randrange(20_000)))
        for letter in chance.sample("abcdefghijkl", chance.randrange(12)):
            value = chance.randbytes(chance.choice((0, 3, 40, 90, 700)))
            with contextlib.suppress(OSError):
                os.setxattr(path, f"user.{letter * chance.randrange(1, 9)}", value)
        if chance.random() < 0.3:
            os.setxattr(path, "system.posix_acl_access", FOR_TWO)


def times(chance: random.Random) -> None:
    """Every entry gets its own modification time, some before 1970 or after 2038; directories last."""
    for _, folders, files, at in os.fwalk(ROOT, topdown=False):
        for name in sorted(files) + sorted(folders):
            seconds = chance.choice((0, 1, 1_700_000_000, 4_000_000_000, 8_000_000_000, -500_000_000))
            moment = seconds * 1_000_000_000 + chance.choice((0, 1, 999_999_999, 123_456_789))
            os.utime(name, ns=(moment, moment), dir_fd=at, follow_symlinks=False)
    os.chown(ROOT, 70, BIG_ID)
    ROOT.chmod(0o2750)
    os.setxattr(ROOT, "user.root", b"attribute of the root")
    os.utime(ROOT, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    os.umask(0o022)
    names()
    owners_and_modes()
    links()
    attributes()
    sparse()
    specials()
    at_random(seed)
    times(random.Random(seed))  # noqa: S311


if __name__ == "__main__":
    main()
