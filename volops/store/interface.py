"""What the catalog asks of a place where backups live: a local directory, or an object store.

A store holds groups of files, and loose files beside them (group ""). A group becomes visible with its
manifest, which is written last: in a directory by a rename, in an object store by the manifest's upload.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from volops.model import Digest

LOOSE = ""
"""The group of the files that lie directly in the store."""
LOOSE_MANIFEST = ".manifest.json"
"""What follows a loose backup's name in the name of its manifest."""


class Upload(Protocol):
    """A group that is being written. Nobody else sees it before it is published.

    The store recognises an upload whose process died, and removes it when the next one begins. `write` is
    called in a thread of its own, which the chunks come to from another; all else in the main thread, and
    nothing of one upload at the same time.
    """

    @property
    def name(self) -> str:
        """The name it was begun with."""
        ...

    @property
    def files(self) -> Mapping[str, int]:
        """The files written so far, with their sizes in bytes."""
        ...

    def write(self, file: str, chunks: Iterable[bytes]) -> Digest:
        """Write a file durably and return size and SHA-256 of what was written.

        All of `chunks` is taken. When they raise, what they raise is let through; then, and when the store
        cannot take them, nothing of the file is left. Raises StoreFull, StoreUnavailable.
        """
        ...

    def remove(self, file: str) -> None:
        """Remove a file of this upload; fine when it is not there."""
        ...

    def publish(self, name: str, manifest: bytes) -> str:
        """Make the group visible under `name`, with `manifest` in it, all or nothing; return where it is."""
        ...

    def publish_loose(self, manifest: bytes) -> str:
        """Make the upload's only file visible as a loose file; return where it is.

        `NAME.manifest.json` goes first: who sees the file sees its manifest, too. The file's name must begin
        with the upload's.
        """
        ...

    def discard(self) -> None:
        """Remove all of it; fine when it was published or discarded before."""
        ...


class Store(Protocol):
    """A place where backups live, as groups of files; the group `""` has the loose files that lie beside
    them. A group's manifest is its file `manifest.json`; that of the loose backup NAME is
    `NAME.manifest.json`.

    Every method may raise StoreUnavailable; whatever else it raises becomes
    one that names the plugin. `open` is called, and what it yields is read, in several threads at the same
    time; all else in the main thread."""

    @property
    def location(self) -> str:
        """Where it is, for people."""
        ...

    def place(self, group: str, file: str = "") -> str:
        """Where a group or a file is, for people."""
        ...

    def groups(self) -> tuple[str, ...]:
        """Names of the published groups, and of whatever else lies there as a group does."""
        ...

    def files(self, group: str) -> Mapping[str, int]:
        """The files of a group with their sizes in bytes; empty when there is no such group."""
        ...

    def open(self, group: str, file: str) -> Iterator[bytes]:
        """Yield the content of a file. Raises ArtifactCorrupt when it is not there or is no plain file."""
        ...

    def modified(self, group: str, file: str = "") -> float:
        """When a group or file was last changed, in seconds since the epoch."""
        ...

    def begin(self, name: str) -> Upload:
        """Start writing a group, and remove what dead processes left of theirs."""
        ...

    def unfinished(self) -> Mapping[str, bool]:
        """Names of uploads that are not published: True for one whose process lives, False for remains."""
        ...

    def lock(self, purpose: str) -> AbstractContextManager[None]:
        """Hold the store for a run. Raises Locked, naming who holds it. A lock ends with its process."""
        ...

    def note(self, name: str) -> bytes | None:
        """What was last noted of a backup, or None."""
        ...

    def set_note(self, name: str, content: bytes) -> None:
        """Note something of a backup beside it, in place of what was noted before."""
        ...
