"""A backup that is being written into a local directory."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from volops.errors import StoreUnavailable
from volops.model import MANIFEST_FILE, Digest
from volops.store.durable import make_private, storage, sync_directory, write_file
from volops.store.interface import LOOSE_MANIFEST
from volops.store.locks import FileLock

INCOMING = ".incoming"
_LOCK = ".lock"


class LocalUpload:
    """A directory in `.incoming`, and beside it a lock file that its process holds while it lives."""

    def __init__(self, root: Path, name: str, lock: FileLock) -> None:
        self._root = root
        self._lock: FileLock | None = lock
        self._directory = root / INCOMING / name
        self.name = name
        with storage(root):
            self._directory.mkdir(mode=0o700)

    @property
    def directory(self) -> Path:
        """Where its files are while it is not published."""
        return self._directory

    @property
    def files(self) -> Mapping[str, int]:
        """The files written so far, with their sizes in bytes."""
        with storage(self._directory):
            found = sorted(self._directory.iterdir()) if self._directory.is_dir() else []
            return {path.name: path.stat().st_size for path in found if not path.name.startswith(".")}

    def write(self, file: str, chunks: Iterable[bytes]) -> Digest:
        """Write a file durably; see the protocol."""
        return write_file(self._directory, file, chunks, store=self._root)

    def remove(self, file: str) -> None:
        """Remove a file of this upload; fine when it is not there."""
        with storage(self._directory):
            (self._directory / file).unlink(missing_ok=True)

    def publish(self, name: str, manifest: bytes) -> str:
        """Rename the directory to `root/name`, its manifest written last."""
        final = self._root / name
        _require_free(final)
        self.write(MANIFEST_FILE, [manifest])
        with storage(self._root):
            sync_directory(self._directory)
            self._directory.rename(final)
            sync_directory(self._root)
        self._release()
        return str(final)

    def publish_loose(self, manifest: bytes) -> str:
        """Move the manifest, then the upload's only file, to `root`."""
        (file,) = self.files
        manifest_file = self.name + LOOSE_MANIFEST
        _require_free(self._root / file)
        _require_free(self._root / manifest_file)
        self.write(manifest_file, [manifest])
        with storage(self._root):
            for each in (manifest_file, file):
                (self._directory / each).rename(self._root / each)
                sync_directory(self._root)
        self.discard()
        return str(self._root / file)

    def discard(self) -> None:
        """Remove all of it; fine when it was published or discarded before."""
        if self._lock:
            _remove(self._root, self._directory)
            self._release()

    def _release(self) -> None:
        if self._lock:
            self._lock.release(remove=True)
            self._lock = None


def begin_upload(root: Path, name: str) -> LocalUpload:
    """Start an upload in `root`, after the remains of dead ones were removed.

    Raises StoreUnavailable when a living process writes under that name, or the name is taken.
    """
    incoming = root / INCOMING
    make_private(incoming)
    remove_orphans(root)
    _require_free(root / name)
    lock = FileLock.take(incoming / f"{name}{_LOCK}")
    if lock is None:
        raise StoreUnavailable(f"another run is writing {name}", next_step="wait until it has ended")
    try:
        return LocalUpload(root, name, lock)
    except BaseException:
        lock.release(remove=True)
        raise


def remove_orphans(root: Path) -> None:
    """Remove the uploads in `root` whose process is dead, never those of a living one."""
    for name in _begun(root):
        lock = FileLock.take(root / INCOMING / f"{name}{_LOCK}")
        if lock:
            _remove(root, root / INCOMING / name)
            lock.release(remove=True)


def unfinished(root: Path) -> dict[str, bool]:
    """The uploads in `root` that are not published: True for one whose process lives."""
    found = {}
    for name in _begun(root):
        lock = FileLock.take(root / INCOMING / f"{name}{_LOCK}")
        found[name] = lock is None
        if lock:
            lock.release(remove=False)
    return found


def _begun(root: Path) -> list[str]:
    with storage(root), contextlib.suppress(FileNotFoundError):
        return sorted({path.name.removesuffix(_LOCK) for path in (root / INCOMING).iterdir()})
    return []


def _remove(root: Path, directory: Path) -> None:
    with storage(root):
        if not directory.exists():
            return
        for path in directory.iterdir():
            _unpublish_half(root, directory.name, path)
        shutil.rmtree(directory)


def _unpublish_half(root: Path, name: str, path: Path) -> None:
    # A run that died between the two renames of publish_loose left a manifest whose file never followed.
    manifest = root / (name + LOOSE_MANIFEST)
    if path.name.startswith(f"{name}.") and manifest.exists() and not (root / path.name).exists():
        manifest.unlink()


def _require_free(path: Path) -> None:
    if path.exists():
        raise StoreUnavailable(f"{path} is already there", next_step="try again in a second")
