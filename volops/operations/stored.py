"""Whether the bytes of a backup that are about to be used are what its manifest says."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from volops.catalog import Catalog, Entry
from volops.errors import RestoreFailed
from volops.manifest import ArtifactRecord
from volops.operations.restore_plan import RestoreItem


def check_stored(catalog: Catalog, entry: Entry, items: Sequence[RestoreItem]) -> None:
    """Return when every byte that will be used is what the manifest says. Raises RestoreFailed."""
    with StoredCheck(catalog, entry, items) as check:
        check.require()


class StoredCheck:
    """That check, in a thread of its own from the beginning of the block on: helpers start and servers are
    made meanwhile. Leaving the block ends it, whether it is through or not."""

    def __init__(self, catalog: Catalog, entry: Entry, items: Sequence[RestoreItem]) -> None:
        self._catalog, self._entry, self._items = catalog, entry, items
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(1, "check")
        self._checking: Future[None] | None = None

    def __enter__(self) -> StoredCheck:
        self._checking = self._pool.submit(self._check)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._pool.shutdown()

    def require(self) -> None:
        """Wait for the check. Raises RestoreFailed, naming the file, when the backup is damaged, and what
        reading it raises."""
        if self._checking is not None:
            self._checking.result()

    def passing(self, artifact: ArtifactRecord) -> Iterator[bytes]:
        """The artifact's stored bytes, none of which comes before the check of all is through."""
        self.require()
        yield from self._catalog.open(self._entry, artifact.file)

    def _check(self) -> None:
        for item in self._items:
            for artifact in item.record.artifacts:
                self._compare(artifact)

    def _compare(self, artifact: ArtifactRecord) -> None:
        digest, size = hashlib.sha256(), 0
        for chunk in self._catalog.open(self._entry, artifact.file):
            if self._over.is_set():
                return
            digest.update(chunk)
            size += len(chunk)
        if (size, digest.hexdigest()) != (artifact.stored.size, artifact.stored.sha256):
            raise RestoreFailed(
                f"{artifact.file} of {self._entry.name} is damaged: it is not what the manifest says",
                next_step="restore another backup, see `volops list`",
            )
