"""A bundle unpacked under strict limits: nothing is written but what its manifest says, and no byte more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from volops.bundle.scratch import require_room, scratch
from volops.catalog import Entry, EntryState, bundled_manifest
from volops.chunks import ChunkReader
from volops.errors import ArtifactCorrupt, HostileArchive
from volops.gzip_stream import gunzip
from volops.manifest import MANIFEST_FILE, ArtifactRecord, BackupKind, Manifest
from volops.store import LOOSE, LocalStore
from volops.store.local import STATE
from volops.store.upload import LocalUpload
from volops.tar import Member, next_member, shown
from volops.tar_headers import padded

_FILE = (b"0", b"\0")
_PIECE = 1 << 20
_UNPACKED = "unpacked_"


@contextlib.contextmanager
def unpacked(entry: Entry, backups: Path) -> Iterator[Entry]:
    """The entry of what a bundle holds, unpacked beside the backups in `backups` for as long as the context
    lasts; any other entry as it is.

    Every file has been compared with the manifest. Raises ArtifactCorrupt or ManifestInvalid when the bundle
    is damaged or not what it says, HostileArchive naming a member that has no place in one, StoreFull before
    anything is written, StoreUnavailable.
    """
    if entry.state is not EntryState.BUNDLE:
        yield entry
        return
    with scratch(backups, _UNPACKED + entry.name) as upload:
        stream = ChunkReader(gunzip(entry.store.open(LOOSE, entry.name), entry.name))
        manifest = bundled_manifest(stream, entry.path)
        if manifest is None:
            raise ArtifactCorrupt(f"{entry.path} does not begin with a manifest any more")
        require_room(upload, manifest.stored_size, entry.name)
        _unpack(entry.name, stream, manifest, upload)
        yield _entry_of(entry, manifest, upload)


def _unpack(name: str, stream: ChunkReader, manifest: Manifest, upload: LocalUpload) -> None:
    missing = {artifact.file.encode(): artifact for artifact in manifest.every_artifact}
    known = frozenset(missing)
    while member := next_member(name, stream):
        record = _expected(name, member, missing, known)
        digest = upload.write(record.file, data_of(name, stream, member))
        if digest != record.stored.digest:
            raise ArtifactCorrupt(f"{record.file} in {name} is damaged: it is not what the manifest says")
        del missing[member.name]
    while rest := stream.some(_PIECE):
        if rest.strip(b"\0"):
            raise ArtifactCorrupt(f"{name} has bytes after its end")
    for record in missing.values():
        raise ArtifactCorrupt(f"{record.file} is missing from {name}")


def _expected(
    name: str, member: Member, missing: dict[bytes, ArtifactRecord], known: frozenset[bytes]
) -> ArtifactRecord:
    """The manifest's record of a member. Raises HostileArchive when there is none, or it says otherwise."""
    record = missing.get(member.name)
    why = ""
    if member.kind not in _FILE:
        why = "is no plain file"
    elif member.name == MANIFEST_FILE.encode() or (record is None and member.name in known):
        why = "is in it twice"
    elif record is None:
        why = "is not in its manifest"
    elif member.size != record.stored.size:
        why = f"has {member.size} bytes, and {record.stored.size} in its manifest"
    if why or record is None:
        raise HostileArchive(
            f"{name} is refused: {shown(member.name)} {why}",
            next_step="do not use it: it is not as `volops bundle` wrote it",
        )
    return record


def data_of(name: str, stream: ChunkReader, member: Member) -> Iterator[bytes]:
    """The data of a member that was just read. Raises ArtifactCorrupt when it is cut off."""
    missing = member.size
    while missing:
        part = stream.some(min(missing, _PIECE))
        if not part:
            raise ArtifactCorrupt(f"{name} is cut off inside {shown(member.name)}")
        missing -= len(part)
        yield part
    stream.skip(padded(member.size) - member.size)


def _entry_of(bundle: Entry, manifest: Manifest, upload: LocalUpload) -> Entry:
    partial = manifest.kind is BackupKind.PARTIAL
    return replace(
        bundle,
        state=EntryState.PARTIAL if partial else EntryState.COMPLETE,
        store=_Unpacked(upload.directory.parent, bundle),
        group=upload.name,
        manifest=manifest,
    )


class _Unpacked(LocalStore):
    """The store of an unpacked bundle. What is noted of it is noted of the bundle, if that lies among
    backups."""

    def __init__(self, directory: Path, bundle: Entry) -> None:
        super().__init__(directory)
        self._bundle = bundle

    def note(self, name: str) -> bytes | None:
        """What was last noted of the bundle, or None."""
        del name
        return self._bundle.store.note(self._bundle.name)

    def set_note(self, name: str, content: bytes) -> None:
        """Note something of the bundle, where there is a place for it."""
        del name
        if (Path(self._bundle.path).parent / STATE).is_dir():
            self._bundle.store.set_note(self._bundle.name, content)
