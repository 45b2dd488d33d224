"""Single members out of a tar archive: which ones, and an archive of nothing else."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from volops.chunks import ChunkReader
from volops.tar import (
    ABOUT_THE_NEXT,
    BLOCK,
    TRAILER,
    corrupt,
    extension,
    member_of,
    metadata,
    padded,
    sparse_map,
    walk,
)

_CHUNK = 1 << 20
_LINK = b"1"
_DIRECTORY = b"5"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Members by their names, written as `a/b`; `directories` are those that are some. `parents` are the
    directories on the way to them, which are not chosen themselves; `also` those that are the same file as a
    chosen one, under another name; `size` is in bytes. `below` is the directory of the archive that counts as
    its root."""

    names: frozenset[str]
    directories: frozenset[str]
    parents: frozenset[str]
    also: tuple[str, ...]
    size: int
    below: str = ""

    def archive(
        self, name: str, chunks: Iterable[bytes], *, without: Collection[str] = ()
    ) -> Iterator[bytes]:
        """The archive called `name` with nothing but these in it, and `without` some of them. Reads all of
        `chunks`."""
        wanted = (self.names | self.parents) - frozenset(without)
        return _copied(name, chunks, lambda path: plain_name(path, self.below) in wanted)


def choose(name: str, read: Callable[[], Iterator[bytes]], patterns: Collection[str], below: str) -> Chosen:
    """What the patterns mean in the archive called `name`; without any, all of it but its root.

    A pattern is matched name by name, with the wildcards of fnmatch; all that is below a match is chosen. A
    name of a file that has several brings the one under which the archive holds its content. Nothing is
    chosen when nothing matches. `read` reads the archive from its beginning each time.
    """
    names, also, size = set[str](), set[str](), 0
    directories = set[str]()
    for member in walk(name, read()):
        path = plain_name(member.name, below)
        if member.kind == _DIRECTORY:
            directories.add(path)
        if path in ("", ".") or (patterns and not any(matches(path, pattern) for pattern in patterns)):
            continue
        names.add(path)
        size += member.size
        if member.kind == _LINK:
            also.add(plain_name(member.link, below))
    also -= names
    if also:
        size += sum(each.size for each in walk(name, read()) if plain_name(each.name, below) in also)
    found = names | also
    parents = {str(parent) for path in found for parent in PurePosixPath(path).parents}
    return Chosen(
        names=frozenset(found),
        directories=frozenset(found & directories),
        parents=frozenset(parents & directories - found),
        also=tuple(sorted(also)),
        size=size,
        below=below,
    )


def near_names(
    name: str, chunks: Iterable[bytes], pattern: str, below: str, most: int = 5
) -> tuple[str, ...]:
    """Names in the archive that a person may have meant by a pattern that matches none: what is in the last
    directory of it that is there."""
    parts = [part for part in pattern.split("/") if part]
    deepest, found = 0, list[str]()
    for member in walk(name, chunks):
        path = plain_name(member.name, below)
        depth = max(at for at in range(len(parts) + 1) if matches(path, "/".join(parts[:at])))
        if path in ("", ".") or depth < deepest or len(PurePosixPath(path).parts) > depth + 1:
            continue
        if depth > deepest:
            deepest, found = depth, []
        if len(PurePosixPath(path).parts) == depth + 1 and len(found) < most:
            found.append(path)
    return tuple(found)


def plain_name(name: bytes, below: str = "") -> str:
    """`./a/b/` as `a/b`, and the root as `.`."""
    path = str(PurePosixPath(name.decode("utf-8", "surrogateescape")))
    if below:
        path = path.removeprefix(below).lstrip("/") if (path + "/").startswith(below + "/") else ""
    return path or "."


def matches(path: str, pattern: str) -> bool:
    """Whether the pattern means the path, or a directory that it is in."""
    parts, wanted = path.split("/"), [part for part in pattern.split("/") if part]
    return len(parts) >= len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _copied(name: str, chunks: Iterable[bytes], wanted: Callable[[bytes], bool]) -> Iterator[bytes]:
    stream = ChunkReader(chunks)
    before, extended = b"", dict[bytes, bytes]()
    while True:
        header = stream.take(BLOCK)
        if len(header) < BLOCK:
            corrupt(name, "it ends without the end-of-archive mark")
        if not any(header):
            stream.only_zeros_follow()
            yield TRAILER
            return
        member = member_of(name, header, extended)
        if member.kind in ABOUT_THE_NEXT:
            data = metadata(name, stream, member.size)
            extended.update(extension(name, member.kind, data))
            before += header + data + bytes(padded(member.size) - member.size)
            continue
        if member.kind == b"S":
            header += sparse_map(name, stream, header)
        left, keep = padded(member.size), wanted(member.name)
        if keep:
            yield before + header
        while left:
            chunk = stream.take(min(left, _CHUNK))
            if not chunk:
                corrupt(name, "it is cut off inside a file")
            left -= len(chunk)
            if keep:
                yield chunk
        before, extended = b"", {}
