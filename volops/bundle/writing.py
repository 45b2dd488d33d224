"""The interchange file: a gzip'd tar with the manifest first, which describes the files as they lie in it.

`tar xzf` unpacks it; inside, SQL and the like are plain, and trees of files are `.tar.gz`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from volops.bundle.scratch import require_room, scratch
from volops.catalog import Entry, EntryState
from volops.errors import InvalidUse, NoSuchBackup
from volops.gzip_stream import gzip
from volops.manifest import (
    MANIFEST_FILE,
    ArtifactRecord,
    BackupKind,
    DigestRecord,
    Manifest,
    manifest_bytes,
    read_manifest,
)
from volops.model import Digest
from volops.pipeline import GZIP, SUFFIXES, observed, opened
from volops.store import LocalStore
from volops.store.durable import storage, sync_directory, write_file
from volops.store.upload import LocalUpload
from volops.tar import TRAILER
from volops.tar_headers import padded

_TAR = "application/x-tar"
_SUFFIX = ".tar.gz"
_RECORD = 20 * 512
"""What tar pads an archive to (GNU tar manual, "The Blocking Factor of an Archive")."""
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EXDEV, errno.EMLINK, errno.ENOSYS}


@dataclass(frozen=True, slots=True)
class Bundled:
    """A bundle that was written: where, its size in bytes, and the manifest in it."""

    path: Path
    size: int
    manifest: Manifest


def default_name(entry: Entry) -> str:
    """What the bundle of a backup is called: `full_backup_20251025_143022.tar.gz`."""
    return f"{entry.name}{_SUFFIX}"


def write_bundle(
    entry: Entry,
    target: Path,
    backups: Path,
    *,
    incomplete: bool = False,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Bundled:
    """Write the backup as one file, `target`, which appears only when it is complete; its parts lie in the
    directory `backups` meanwhile. `on_bytes` is told how many plain bytes have been read.

    Every artifact is compared with the manifest on the way: a damaged backup gives no bundle. Raises
    InvalidUse when `target` is there already, when the backup is one file as it is, or when it is partial and
    `incomplete` was not said; NoSuchBackup when it has no manifest; ArtifactCorrupt, StoreFull,
    StoreUnavailable.
    """
    manifest = _bundleable(entry, incomplete=incomplete)
    _require_free(target)
    with scratch(backups, f"bundle_{entry.name}") as upload:
        packing = _Packing(entry, upload, on_bytes)
        require_room(upload, sum(each.stored.size for each in manifest.every_artifact), "a bundle")
        inner = packing.prepare(manifest)
        size = _write_new(target, upload, gzip(packing.archive(inner))).size
    return Bundled(target, size, inner)


def _bundleable(entry: Entry, *, incomplete: bool) -> Manifest:
    if entry.manifest is None:
        raise NoSuchBackup(
            f"{entry.name} has no manifest that can be read: {entry.problem}",
            next_step="see `volops list` for others",
        )
    if entry.state is EntryState.BUNDLE or entry.kind is BackupKind.DATABASE:
        raise InvalidUse(f"{entry.name} is one file already", next_step=f"copy {entry.path}")
    if entry.state is EntryState.PARTIAL and not incomplete:
        raise InvalidUse(
            f"{entry.name} is partial: volumes are missing", next_step="say --partial to bundle it as it is"
        )
    return entry.manifest


class _Packing:
    """The files of one bundle: first those whose form changes, as the manifest must know them; then all."""

    def __init__(self, entry: Entry, upload: LocalUpload, on_bytes: Callable[[int], None]) -> None:
        self._entry = entry
        self._upload = upload
        self._packed = LocalStore(upload.directory.parent)
        self._on_bytes = on_bytes
        self._sources: dict[str, ArtifactRecord] = {}

    def prepare(self, manifest: Manifest) -> Manifest:
        """Pack what has to be packed, and return the manifest of the bundle. Raises ArtifactCorrupt."""
        volumes = tuple(
            volume.model_copy(update={"artifacts": tuple(map(self._prepared, volume.artifacts))})
            for volume in manifest.volumes
        )
        artifacts = tuple(map(self._prepared, manifest.artifacts))
        inner = manifest.model_copy(update={"volumes": volumes, "artifacts": artifacts})
        return read_manifest(manifest_bytes(inner), f"{MANIFEST_FILE} of the bundle")

    def archive(self, manifest: Manifest) -> Iterator[bytes]:
        """The bundle before it is gzip'd."""
        data = manifest_bytes(manifest)
        written = 0
        for chunk in self._members(manifest, data):
            written += len(chunk)
            yield chunk
        yield TRAILER.ljust(len(TRAILER) + -(written + len(TRAILER)) % _RECORD, b"\0")

    def _members(self, manifest: Manifest, data: bytes) -> Iterator[bytes]:
        yield from _member(MANIFEST_FILE, len(data), [data], manifest.finished)
        for record in manifest.every_artifact:
            yield from _member(record.file, record.stored.size, self._stored(record), manifest.finished)

    def _prepared(self, source: ArtifactRecord) -> ArtifactRecord:
        """How the artifact will lie in the bundle."""
        if source.media_type != _TAR:
            record = source.model_copy(update={"file": source.name, "codecs": (), "stored": source.plain})
        else:
            file = source.name + SUFFIXES[GZIP]
            stored = self._upload.write(file, gzip(self._plain(source)))
            record = source.model_copy(
                update={"file": file, "codecs": (GZIP,), "stored": DigestRecord.of(stored)}
            )
        self._sources[record.file] = source
        return record

    def _plain(self, source: ArtifactRecord) -> Iterator[bytes]:
        stored = self._entry.store.open(self._entry.group, source.file)
        plain = opened(source.file, stored, source.codecs, source.stored.digest, source.plain.digest)
        return observed(plain, self._on_bytes)

    def _stored(self, record: ArtifactRecord) -> Iterator[bytes]:
        """The bytes of a file of the bundle, compared with what the manifest says."""
        if not record.codecs:
            yield from self._plain(self._sources[record.file])
            return
        packed = self._packed.open(self._upload.name, record.file)
        yield from opened(record.file, packed, (), record.stored.digest, record.stored.digest)
        self._upload.remove(record.file)


def _member(name: str, size: int, chunks: Iterable[bytes], changed: datetime) -> Iterator[bytes]:
    """A plain file as a tar member, readable by its owner alone."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(changed.timestamp())
    yield info.tobuf(tarfile.PAX_FORMAT)
    yield from chunks
    yield bytes(padded(size) - size)


def _require_free(target: Path) -> None:
    if not target.parent.is_dir():
        raise InvalidUse(f"there is no directory {target.parent}", next_step="make it, or choose another")
    if target.exists() or target.is_symlink():
        raise _taken(target)


def _taken(target: Path) -> InvalidUse:
    return InvalidUse(
        f"{target} is there already", next_step="choose another name with --output, or remove it"
    )


def _write_new(target: Path, upload: LocalUpload, chunks: Iterable[bytes]) -> Digest:
    """Write a file that is either not there or complete; it never replaces another."""
    with storage(target.parent):
        same_disk = upload.directory.stat().st_dev == target.parent.stat().st_dev
    directory = upload.directory if same_disk else target.parent
    part = directory / f".{upload.name.rpartition('.')[2]}.bundle"
    try:
        digest = write_file(directory, part.name, chunks, store=target.parent)
        with storage(target.parent):
            _rename_new(part, target)
            sync_directory(target.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return digest


def _rename_new(part: Path, target: Path) -> None:
    """Give a file its name unless the name is taken (link(2)), where the file system has hard links."""
    try:
        os.link(part, target)
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _require_free(target)
        part.rename(target)
