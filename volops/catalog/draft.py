"""A backup while it is being made: seen by nobody until it is committed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from volops.errors import ArtifactCorrupt, PluginBroken, VolopsError
from volops.manifest import BackupKind, Manifest, check_file_name, manifest_bytes
from volops.model import Digest
from volops.store import Upload

PARTIAL_PREFIX = "partial_"


class Draft:
    """As a context manager it is discarded at the end unless it was committed."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload

    @property
    def name(self) -> str:
        """The name it was begun with."""
        return self._upload.name

    def write(self, file: str, chunks: Iterable[bytes]) -> Digest:
        """Store a file and return size and SHA-256 of what was stored; nothing is left when `chunks` raises.

        Raises StoreFull, StoreUnavailable; PluginBroken when the name is not a plain one or not new.
        """
        try:
            check_file_name(file)
        except ValueError as error:
            raise PluginBroken(f"an artifact cannot be called that: {error}") from error
        if file in self._upload.files:
            raise PluginBroken(f"two artifacts of one backup are called {file}")
        return self._upload.write(file, chunks)

    def remove(self, file: str) -> None:
        """Remove a file again; fine when it is not there."""
        self._upload.remove(file)

    def commit(self, manifest: Manifest) -> str:
        """Make the backup visible under the manifest's name, and return where it is.

        The name is the draft's own, with `partial_` before it for a partial one. Files that the manifest
        does not name are removed. Raises ArtifactCorrupt when one that it names is not there in full.
        """
        self._require_name(manifest)
        wanted = {artifact.file: artifact.stored.size for artifact in manifest.every_artifact}
        for file in self._upload.files.keys() - wanted.keys():
            self._upload.remove(file)
        found = self._upload.files
        for file, size in wanted.items():
            if found.get(file) != size:
                raise ArtifactCorrupt(f"{file} of {manifest.name} has {found.get(file, 0)} bytes, not {size}")
        data = manifest_bytes(manifest)
        if manifest.kind is BackupKind.DATABASE:
            return self._upload.publish_loose(data)
        return self._upload.publish(manifest.name, data)

    def discard(self) -> None:
        """Remove all of it; fine when it was committed or discarded before."""
        self._upload.discard()

    def _require_name(self, manifest: Manifest) -> None:
        partial = manifest.kind is BackupKind.PARTIAL
        expected = PARTIAL_PREFIX + self.name if partial else self.name
        if manifest.name != expected:
            raise ValueError(
                f"a {manifest.kind} backup begun as {self.name} is {expected}, not {manifest.name}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The next run removes what cannot be removed now; the first error is the one to be told.
        with contextlib.suppress(VolopsError):
            self.discard()
