"""Backups in a local directory: private, durable, and visible only when complete."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from volops.errors import ArtifactCorrupt, Locked
from volops.store.durable import make_private, storage, write_file
from volops.store.locks import FileLock, holder
from volops.store.upload import LocalUpload, begin_upload, unfinished

STATE = ".volops"
_LOCK = "lock"
_NOTES = "notes"
_CHUNK = 1 << 20


class LocalStore:
    """A directory of backups. It is made, mode 0700, when something is first written."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def location(self) -> str:
        """The directory."""
        return str(self.directory)

    def place(self, group: str, file: str = "") -> str:
        """The path of a group or a file."""
        return str(self.directory / group / file)

    def groups(self) -> tuple[str, ...]:
        """Names of the directories that are not hidden."""
        return tuple(path.name for path in self._seen(self.directory) if path.is_dir())

    def files(self, group: str) -> Mapping[str, int]:
        """The entries of a group with their sizes; links count as they are, directories only inside one."""
        found = {}
        for path in self._seen(self.directory / group):
            with contextlib.suppress(FileNotFoundError):
                seen = path.lstat()
                if group or not stat.S_ISDIR(seen.st_mode):
                    found[path.name] = seen.st_size
        return found

    def open(self, group: str, file: str) -> Iterator[bytes]:
        """Yield the content of a plain file in chunks of at most 1 MiB."""
        path = self.directory / group / file
        descriptor = _open_plain(path)
        try:
            while True:
                with storage(path.parent):
                    chunk = os.read(descriptor, _CHUNK)
                if not chunk:
                    return
                yield chunk
        finally:
            os.close(descriptor)

    def modified(self, group: str, file: str = "") -> float:
        """When a group or file was last changed; 0 when it is gone."""
        with storage(self.directory), contextlib.suppress(FileNotFoundError):
            return (self.directory / group / file).lstat().st_mtime
        return 0.0

    def begin(self, name: str) -> LocalUpload:
        """Start writing a group, and remove what dead processes left of theirs."""
        make_private(self.directory)
        return begin_upload(self.directory, name)

    def unfinished(self) -> Mapping[str, bool]:
        """Names of uploads that are not published: True for one whose process lives, False for remains."""
        return unfinished(self.directory)

    @contextlib.contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Hold the directory for a run. Raises Locked, naming who holds it."""
        make_private(self.directory)
        make_private(self.directory / STATE)
        path = self.directory / STATE / _LOCK
        lock = FileLock.take(path)
        if lock is None:
            raise Locked(
                f"{self.directory} is in use by {holder(path) or 'another run of volops'}",
                next_step="wait until it has ended",
            )
        try:
            lock.sign(purpose)
            yield
        finally:
            lock.release(remove=False)

    def note(self, name: str) -> bytes | None:
        """What was last noted of a backup, or None."""
        with storage(self.directory), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return (self.directory / STATE / _NOTES / name).read_bytes()
        return None

    def set_note(self, name: str, content: bytes) -> None:
        """Note something of a backup in `.volops/notes`."""
        notes = self.directory / STATE / _NOTES
        make_private(self.directory / STATE)
        make_private(notes)
        write_file(notes, name, [content])

    def _seen(self, directory: Path) -> list[Path]:
        with storage(self.directory), contextlib.suppress(FileNotFoundError):
            return sorted(path for path in directory.iterdir() if not path.name.startswith("."))
        return []


def _open_plain(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR}:
            raise ArtifactCorrupt(f"{path.name} is missing from {path.parent}") from error
        if error.errno == errno.ELOOP:
            raise ArtifactCorrupt(f"{path} is a link, not a file") from error
        with storage(path.parent):
            raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ArtifactCorrupt(f"{path} is not a file")
    return descriptor
