"""Files that are either wholly on the disk or not there, and what to say when the disk refuses."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from volops.errors import StoreFull, StoreUnavailable
from volops.model import Digest

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FLUSH_BYTES = 32 << 20
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@contextlib.contextmanager
def storage(directory: Path) -> Iterator[None]:
    """Turn what the operating system refuses into StoreFull or StoreUnavailable, naming `directory`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _full(directory) from error
        raise StoreUnavailable(
            f"the store {directory} cannot be used: {error.strerror or error}",
            next_step="check the directory, its owner and its mode",
        ) from error


def _full(directory: Path) -> StoreFull:
    return StoreFull(
        f"no space left in {directory} ({_free(directory)} free)",
        next_step="free some space there, or set another backups directory",
    )


def _free(directory: Path) -> str:
    try:
        found = os.statvfs(directory)
    except OSError:
        return "an unknown amount"
    size = float(found.f_bavail * found.f_frsize)
    for unit in _UNITS[:-1]:
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.0f} {_UNITS[-1]}"


def make_private(directory: Path) -> None:
    """Make a directory that only its owner can enter; its parents as usual. Fine when it is there."""
    with storage(directory):
        if directory.is_dir():
            return
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
        sync_directory(directory.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable (fsync(2): a file's own fsync does not cover its name)."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems know no fsync of a directory: there is nothing that could be done.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def write_file(directory: Path, file: str, chunks: Iterable[bytes], *, store: Path | None = None) -> Digest:
    """Write `directory/file`, mode 0600, replacing an older one; return size and SHA-256.

    It appears under its name only when its content is complete and on the disk; the name itself becomes
    durable with sync_directory. Nothing is left when `chunks` raises. Raises StoreFull, StoreUnavailable,
    which name `store` where it is not the directory itself.
    """
    part = directory / f".{uuid.uuid4().hex}.part"
    named = store or directory
    try:
        digest = _fill(part, chunks, named)
        with storage(named):
            part.rename(directory / file)
    except StoreFull as error:
        _forget(part)
        # Said again, now that the part is gone: how much room there really was.
        raise _full(named) from error
    except BaseException:
        _forget(part)
        raise
    return digest


def _forget(part: Path) -> None:
    # What keeps it from being removed is what kept it from being written, and that error is told.
    with contextlib.suppress(OSError):
        part.unlink()


def _fill(part: Path, chunks: Iterable[bytes], named: Path) -> Digest:
    digest = hashlib.sha256()
    written = flushed = 0
    with storage(named):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for chunk in chunks:
            digest.update(chunk)
            with storage(named):
                written += _write_all(descriptor, chunk)
                if written - flushed >= _FLUSH_BYTES:
                    _start_flush(descriptor, flushed, written - flushed)
                    flushed = written
        with storage(named):
            os.fsync(descriptor)
            _require_length(descriptor, written)
    finally:
        os.close(descriptor)
    return Digest(written, digest.hexdigest())


def _write_all(descriptor: int, chunk: bytes) -> int:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]
    return len(chunk)


def _start_flush(descriptor: int, offset: int, length: int) -> None:
    # Linux starts writing dirty pages out on this advice and does not wait (posix_fadvise(2)): the fsync
    # at the end of 1 GB then takes 0.02 s instead of 0.4 s.
    os.posix_fadvise(descriptor, offset, length, os.POSIX_FADV_DONTNEED)


def _require_length(descriptor: int, written: int) -> None:
    found = os.fstat(descriptor).st_size
    if found != written:
        raise OSError(errno.EIO, f"{written} bytes were written and {found} are there")
