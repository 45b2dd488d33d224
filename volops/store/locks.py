"""Locks of flock(2): the kernel frees them with the process that holds them, so none is ever stale."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from volops.errors import StoreFull
from volops.store.durable import storage

_HELD = {errno.EWOULDBLOCK, errno.EACCES}
_TEXT_BYTES = 4096


class FileLock:
    """A lock file that is held. What is written into it tells others who holds it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """Lock `path`, creating it; None when another holds it. Raises StoreUnavailable."""
        with storage(path.parent):
            while True:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if _is(path, descriptor):
                        return cls(path, descriptor)
                except OSError as error:
                    if error.errno not in _HELD:
                        raise
                    os.close(descriptor)
                    return None
                # Its last holder removed it between our opening and our locking it.
                os.close(descriptor)

    def sign(self, purpose: str) -> None:
        """Say who holds it and what for, and since when; on a full disk that stays unsaid."""
        text = f"process {os.getpid()} ({purpose}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC)"
        with contextlib.suppress(StoreFull):
            self.write(text)

    def write(self, text: str) -> None:
        """Say this in its file. Raises StoreFull, StoreUnavailable."""
        with storage(self._path.parent):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode()[:_TEXT_BYTES], 0)

    def release(self, *, remove: bool) -> None:
        """Free the lock, and remove its file if asked to."""
        if remove:
            # Left behind it would do no harm: what counts is the lock, not the file.
            with contextlib.suppress(OSError):
                self._path.unlink()
        os.close(self._descriptor)


def holder(path: Path) -> str:
    """What the holder of a lock wrote into it; empty when nothing can be read."""
    try:
        with path.open("rb") as file:
            return file.read(_TEXT_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
