"""A private directory for the time of one run, which goes with it or with the next one."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from volops.errors import StoreFull
from volops.store import LocalStore, Store
from volops.store.durable import storage
from volops.store.upload import LocalUpload

_MOST_NAMED = 60
"""Characters of a purpose in a name: 255 bytes are the most that a file system takes."""


def beside(store: Store) -> Path:
    """A directory of this machine for what belongs to the backups of a store but is none: the store's own."""
    return store.directory if isinstance(store, LocalStore) else Path(tempfile.gettempdir())


@contextlib.contextmanager
def scratch(backups: Path, purpose: str) -> Iterator[LocalUpload]:
    """An empty directory among the unfinished runs of the directory `backups`, mode 0700.

    It is removed at the end, also after an interrupt. What a killed run leaves is removed as any unfinished
    run is: by the next one. Raises StoreUnavailable.
    """
    upload = LocalStore(backups).begin(f"{purpose[:_MOST_NAMED]}.{secrets.token_hex(4)}")
    try:
        yield upload
    finally:
        upload.discard()


def require_room(upload: LocalUpload, needed: int, what: str) -> None:
    """Raise StoreFull, before anything is written, unless `needed` bytes are free."""
    with storage(upload.directory):
        free = shutil.disk_usage(upload.directory).free
    if needed > free:
        raise StoreFull(
            f"{what} needs {needed} bytes of {upload.directory.parent}, where {free} are free",
            next_step="free some space there, or set another directory with --backups",
        )
