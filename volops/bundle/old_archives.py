"""Archives of the shell script that came before volops: a dump, uploads, static files, and no manifest."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from volops.bundle.reading import data_of
from volops.bundle.scratch import require_room, scratch
from volops.catalog import Entry, EntryState
from volops.chunks import ChunkReader
from volops.errors import ArtifactCorrupt, HostileArchive
from volops.gzip_stream import gunzip
from volops.manifest import MANIFEST_FILE
from volops.model import Digest
from volops.pipeline import Tally
from volops.store import LOOSE, LocalStore, Store
from volops.store.upload import LocalUpload
from volops.tar import Member, next_member, shown, walk
from volops.tar_screen import Screen

DATABASE = "db"
TREES = ("media", "static")
"""Both what the script calls these parts and the volume types they are of."""
_SUFFIXES = {DATABASE: ".sql"} | dict.fromkeys(TREES, ".tar.gz")
_PARTS = {
    part: re.compile(rf"{part}_backup_(\d{{8}}_\d{{6}}){re.escape(suffix)}")
    for part, suffix in _SUFFIXES.items()
}
_STAMP = "%Y%m%d_%H%M%S"
_ARCHIVE = (".tar.gz", ".tgz")
_FILE = (b"0", b"\0")
_DIRECTORY = b"5"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an archive. `plain` is the digest of what is packed in it, which for a dump is the file
    itself; `names` is how many names there are in a tree, its root and all directories among them, and
    `rooted` tells whether the archive holds its root itself, with owner and mode."""

    file: str
    stored: Digest
    plain: Digest
    names: int = 0
    rooted: bool = False


@dataclass(frozen=True, slots=True)
class OldArchive:
    """An archive that lies unpacked in `group` of `store`; `made` is the time in the names of its parts."""

    entry: Entry
    made: datetime
    parts: Mapping[str, Part]
    store: Store
    group: str

    def open(self, part: Part) -> Iterator[bytes]:
        """The stored bytes of a part, from its beginning each time."""
        return self.store.open(self.group, part.file)


def looks_like_an_archive(entry: Entry) -> bool:
    """True for a gzip'd tar without a manifest: by its name, nothing of it is read."""
    return entry.state is EntryState.FOREIGN and entry.name.endswith(_ARCHIVE)


@contextlib.contextmanager
def opened_archive(entry: Entry, backups: Path, *, trust: bool = False) -> Iterator[OldArchive]:
    """The archive, unpacked beside the backups in `backups` for as long as the context lasts.

    All of it has been read to its end, and its trees have passed `volops.tar_screen`, the stricter way unless
    `trust` is said. Raises ArtifactCorrupt when it is damaged, misses a part, or is something else;
    HostileArchive naming a member that has no place in it; StoreFull, StoreUnavailable.
    """
    with scratch(backups, f"unpacked_{entry.name}") as upload:
        stored, stamp = _unpack(entry, upload)
        store = LocalStore(upload.directory.parent)
        parts = {
            part: _measured(part, file, digest, store.open(upload.name, file), trust)
            for part, (file, digest) in stored.items()
        }
        yield OldArchive(entry, datetime.strptime(stamp, _STAMP).astimezone(), parts, store, upload.name)


def _unpack(entry: Entry, upload: LocalUpload) -> tuple[dict[str, tuple[str, Digest]], str]:
    """Write the parts into the upload; return file and digest of each, and the time in the dump's name."""
    name, found, stamp = entry.name, dict[str, tuple[str, Digest]](), ""
    stream = ChunkReader(gunzip(entry.store.open(LOOSE, name), name))
    while member := next_member(name, stream):
        if member.kind == _DIRECTORY and member.name.strip(b"./") == b"":
            continue
        part, file, made = _part_of(name, member)
        if part in found:
            raise HostileArchive(f"{name} is refused: {shown(member.name)} is its second {part} part")
        require_room(upload, member.size, name)
        found[part] = file, upload.write(file, data_of(name, stream, member))
        stamp = made if part == DATABASE else stamp
    while rest := stream.some(_PIECE):
        if rest.strip(b"\0"):
            raise ArtifactCorrupt(f"{name} has bytes after its end")
    for part, suffix in _SUFFIXES.items():
        if part not in found:
            raise ArtifactCorrupt(
                f"{name} is no whole archive: it has no {part}_backup_….{suffix.lstrip('.')}",
                next_step="restore another backup, see `volops list`",
            )
    return found, stamp


def _part_of(name: str, member: Member) -> tuple[str, str, str]:
    """Which part a member is, its plain name, and the time in it."""
    file = member.name.removeprefix(b"./").decode("utf-8", "replace")
    if file == MANIFEST_FILE:
        raise ArtifactCorrupt(
            f"{name} is a bundle that was packed anew: its manifest is not its first file",
            next_step="unpack it into an empty directory and restore that, `volops restore ./DIRECTORY`",
        )
    for part, pattern in _PARTS.items():
        if match := pattern.fullmatch(file):
            if member.kind not in _FILE:
                raise HostileArchive(f"{name} is refused: {shown(member.name)} is no plain file")
            return part, file, match[1]
    raise ArtifactCorrupt(
        f"{name} is neither a bundle of volops nor an archive with a dump, uploads and static files: "
        f"{shown(member.name)} is in it",
        next_step=f"see what it holds with `tar tzf {name}`",
    )


def _measured(part: str, file: str, stored: Digest, chunks: Iterator[bytes], trust: bool) -> Part:
    """Read a part to its end. Raises ArtifactCorrupt when it is not whole, HostileArchive."""
    if part == DATABASE:
        return Part(file, stored, stored)
    tally, screen, names, rooted = Tally(), Screen(file, trusted=trust), {hash(())}, False
    for member in walk(file, tally.passing(gunzip(chunks, file))):
        screen.judge(member)
        path = tuple(each for each in member.name.split(b"/") if each not in (b"", b"."))
        rooted = rooted or not path
        while path and hash(path) not in names:
            names.add(hash(path))
            path = path[:-1]
    return Part(file, stored, tally.digest(), len(names), rooted)
