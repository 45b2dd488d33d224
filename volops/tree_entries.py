"""What a tar archive says of each file in it, brought into a form in which two archives can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from volops.chunks import ChunkReader
from volops.tar import ABOUT_THE_NEXT, BLOCK, corrupt, extension, metadata, number
from volops.tree_content import file_content

LINK = b"1"
_FILES = (b"0", b"\0", b"7", b"S")
_SYMLINK = b"2"
_DEVICES = (b"3", b"4")
_DIRECTORY = b"5"
_KINDS = {b"0": "file", LINK: "hard link", _SYMLINK: "link", b"3": "device", b"4": "device"}
_KINDS |= {_DIRECTORY: "directory", b"6": "pipe"}
_ACL = b"SCHILY.acl."
_ACL_BYTES = b"SCHILY.xattr.system.posix_acl_"
"""An access list is archived twice: as text, in which tar 1.34 names users that 1.35 numbers, and as the
kernel has it."""
_ATTRIBUTES = (b"SCHILY.xattr.", _ACL)
_OF_THE_MACHINE = b"SCHILY.xattr.security."
_OF_THE_FILE = b"SCHILY.xattr.security.capability"
"""What security modules write to a file is the machine's, and no helper may write it (xattr(7), "Extended
security attributes"); capabilities are the file's."""


class TreeEntry(NamedTuple):
    """One file. `content` digests its bytes without regard to which of its zeros are holes."""

    name: bytes
    kind: bytes
    mode: int = 0
    owner: tuple[int, int] = (0, 0)
    time: tuple[int, bytes] = (0, b"")
    size: int = 0
    link: bytes = b""
    device: bytes = b""
    attributes: tuple[tuple[bytes, bytes], ...] = ()
    content: bytes = b""

    def told(self, wanted: TreeEntry) -> str:
        """How it differs from what it should be, in words."""
        if self.kind != wanted.kind:
            return f"a {_KINDS.get(self.kind, 'thing')}, not a {_KINDS.get(wanted.kind, 'thing')}"
        if self.mode != wanted.mode:
            return f"mode {self.mode:04o}, not {wanted.mode:04o}"
        if self.owner != wanted.owner:
            return "owner {}:{}, not {}:{}".format(*self.owner, *wanted.owner)
        if self.size != wanted.size:
            return f"{self.size} bytes, not {wanted.size}"
        if self.attributes != wanted.attributes:
            names = {name.decode("utf-8", "replace") for name, _ in {*self.attributes} ^ {*wanted.attributes}}
            return "another " + ", ".join(
                sorted(name.removeprefix("SCHILY.").removeprefix("xattr.") for name in names)
            )
        for field, what in (("content", "content"), ("time", "time"), ("link", "target")):
            if getattr(self, field) != getattr(wanted, field):
                return f"another {what}"
        return "another device"


def tree_entries(name: str, chunks: Iterable[bytes], below: str = "") -> Iterator[TreeEntry]:
    """Yield what the archive called `name` holds, and read the stream to its end; with `below`, only what
    is in that directory of it, as if that were the root.

    The stream itself must tell of damage: checksums of headers are not looked at. Raises ArtifactCorrupt for
    what cannot be read.
    """
    stream = ChunkReader(chunks)
    extended: dict[bytes, bytes] = {}
    while True:
        header = stream.take(BLOCK)
        if len(header) < BLOCK:
            corrupt(name, "it ends without the end-of-archive mark")
        if not any(header):
            stream.skip(1 << 62)
            return
        kind = header[156:157]
        if kind in ABOUT_THE_NEXT:
            data = metadata(name, stream, number(name, header[124:136]))
            extended.update(extension(name, kind, data))
            continue
        try:
            entry = _entry(name, stream, header, kind, extended)
        except ValueError:
            corrupt(name, "a header holds no number where one must be")
        extended = {}
        root = below.encode()
        if root and entry.name != root and not entry.name.startswith(root + b"/"):
            continue
        yield entry._replace(name=_within(root, entry.name), link=_linked(root, entry)) if root else entry


def _within(root: bytes, path: bytes) -> bytes:
    return path.removeprefix(root).lstrip(b"/") or b"."


def _linked(root: bytes, entry: TreeEntry) -> bytes:
    return _within(root, entry.link) if entry.kind == LINK else entry.link


def _entry(
    name: str, stream: ChunkReader, header: bytes, kind: bytes, extended: dict[bytes, bytes]
) -> TreeEntry:
    path = extended.get(b"GNU.sparse.name") or extended.get(b"path") or _path(header)
    target = extended.get(b"linkpath") or header[157:257].split(b"\0", 1)[0]
    stored = int(extended[b"size"]) if b"size" in extended else number(name, header[124:136])
    size, content = 0, b""
    if kind in _FILES:
        size, content = file_content(name, stream, header, extended, stored)
        kind = b"0"
    path = _plain(path)
    if kind == LINK:
        return TreeEntry(path, LINK, link=_plain(target))
    return TreeEntry(
        name=path,
        kind=kind,
        mode=0 if kind == _SYMLINK else number(name, header[100:108]) & 0o7777,
        owner=(
            int(extended.get(b"uid") or number(name, header[108:116])),
            int(extended.get(b"gid") or number(name, header[116:124])),
        ),
        time=_time(extended[b"mtime"]) if b"mtime" in extended else (number(name, header[136:148]), b""),
        size=size,
        link=target if kind == _SYMLINK else b"",
        device=header[329:345].replace(b"\0", b" ") if kind in _DEVICES else b"",
        attributes=_attributes(extended),
        content=content,
    )


def _path(header: bytes) -> bytes:
    path = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + path if prefix else path


def _plain(path: bytes) -> bytes:
    """`./a/b/` as `a/b`, and the root as `.`."""
    while path.startswith(b"./"):
        path = path[2:].lstrip(b"/")
    return path.rstrip(b"/") or b"."


def _time(text: bytes) -> tuple[int, bytes]:
    seconds, _, fraction = text.partition(b".")
    return int(seconds), fraction.rstrip(b"0")


def _attributes(extended: dict[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    found = {
        key: value
        for key, value in extended.items()
        if key.startswith(_ATTRIBUTES) and (not key.startswith(_OF_THE_MACHINE) or key == _OF_THE_FILE)
    }
    for kind in (b"access", b"default"):
        text = found.pop(_ACL + kind, None)
        if text is not None and _ACL_BYTES + kind not in found:
            found[_ACL + kind] = _access_list(text)
    return tuple(sorted(found.items()))


def _access_list(text: bytes) -> bytes:
    """tar 1.34 ends the last line, 1.35 does not; a text on one line has commas (acl_from_text(3))."""
    return b",".join(sorted(text.replace(b"\n", b",").strip(b",").split(b",")))
