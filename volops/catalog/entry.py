"""One thing in a store that is a backup, was meant to be one, or looks like one."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from volops.catalog.verification import Verification, read_verification
from volops.errors import ArtifactCorrupt, ManifestInvalid
from volops.manifest import MANIFEST_FILE, BackupKind, Manifest, read_manifest
from volops.store import LOOSE, LOOSE_MANIFEST, Store

MANIFEST_LIMIT = 64 << 20
"""Bytes; no manifest is larger."""
_LOOSE_DATA = re.compile(r"sql(\.[a-z0-9]+)*")


class EntryState(enum.StrEnum):
    """What can be said of an entry before the bytes of its artifacts are read."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    BROKEN = "broken"
    BUNDLE = "bundle"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Entry:
    """A backup in a catalog, or what is left of one, or a file that looks like one.

    `manifest` is None when it is broken or foreign, and `problem` then says why. `path` is for people,
    `size` is in bytes as stored, `created` is the manifest's, or else when the file was last changed.
    `group` is where the store keeps its files. `outside` tells that it came as one file, from wherever: what
    its archives may hold is judged strictly.
    """

    name: str
    state: EntryState
    path: str
    size: int
    created: datetime
    store: Store = field(repr=False, compare=False)
    group: str
    manifest: Manifest | None = None
    problem: str = ""
    verified: Verification | None = None
    outside: bool = False

    @property
    def manifest_file(self) -> str:
        """The name of its manifest in its group."""
        return self.name + LOOSE_MANIFEST if self.group == LOOSE else MANIFEST_FILE

    @property
    def kind(self) -> BackupKind | None:
        """What it was asked to hold; None without a manifest."""
        return self.manifest.kind if self.manifest else None


def read_group(store: Store, name: str, files: Mapping[str, int]) -> Entry:
    """The entry of the group that holds `files`. What is wrong with it is in the entry, not raised."""
    path, size = store.place(name), sum(files.values())
    try:
        manifest = _read(store, name, MANIFEST_FILE)
        if manifest.kind is BackupKind.DATABASE:
            raise ManifestInvalid(f"{path} is a directory, and a database backup is a file")
    except (ManifestInvalid, ArtifactCorrupt) as error:
        return _without_manifest(store, EntryState.BROKEN, name, name, path, size, error.message)
    return _with_manifest(store, name, name, path, size, manifest)


def read_loose(store: Store, manifest_file: str, files: Mapping[str, int]) -> tuple[Entry, set[str]]:
    """The entry of a loose manifest, and which of `files` belong to it. Problems are in the entry."""
    name = manifest_file.removesuffix(LOOSE_MANIFEST)
    path = store.place(LOOSE, manifest_file)
    try:
        manifest = _read(store, LOOSE, manifest_file)
        if manifest.kind is not BackupKind.DATABASE:
            raise ManifestInvalid(
                f"{path} is the manifest of a {manifest.kind} backup, and its files are not here"
            )
        wanted = {artifact.file for artifact in manifest.every_artifact}
        if missing := sorted(wanted - files.keys()):
            raise ArtifactCorrupt(f"{missing[0]} is missing: only its manifest is there")
    except (ManifestInvalid, ArtifactCorrupt) as error:
        own = {manifest_file} | {file for file in files if _is_data_of(name, file)}
        size = sum(files[file] for file in own)
        return _without_manifest(store, EntryState.BROKEN, name, LOOSE, path, size, error.message), own
    own = {manifest_file} | wanted
    path = store.place(LOOSE, min(wanted, default=manifest_file))
    size = sum(files[file] for file in own)
    return _with_manifest(store, name, LOOSE, path, size, manifest), own


def foreign(store: Store, file: str, size: int) -> Entry:
    """The entry of a loose file that has no manifest."""
    problem = "it has no manifest: made by another program, it cannot be verified"
    return _without_manifest(store, EntryState.FOREIGN, file, LOOSE, store.place(LOOSE, file), size, problem)


def _is_data_of(name: str, file: str) -> bool:
    head, dot, rest = file.partition(f"{name}.")
    return not head and bool(dot) and bool(_LOOSE_DATA.fullmatch(rest))


def _read(store: Store, group: str, manifest_file: str) -> Manifest:
    origin = store.place(group, manifest_file)
    data = bytearray()
    for chunk in store.open(group, manifest_file):
        data += chunk
        if len(data) > MANIFEST_LIMIT:
            raise ManifestInvalid(f"{origin} is larger than any manifest")
    return read_manifest(bytes(data), origin)


def _with_manifest(store: Store, name: str, group: str, path: str, size: int, manifest: Manifest) -> Entry:
    partial = manifest.kind is BackupKind.PARTIAL
    return Entry(
        name=name,
        state=EntryState.PARTIAL if partial else EntryState.COMPLETE,
        path=path,
        size=size,
        created=manifest.created,
        store=store,
        group=group,
        manifest=manifest,
        verified=read_verification(store, name, manifest),
    )


def _without_manifest(
    store: Store, state: EntryState, name: str, group: str, path: str, size: int, problem: str
) -> Entry:
    changed = store.modified(group) if group else store.modified(LOOSE, path.rpartition("/")[2])
    return Entry(
        name=name,
        state=state,
        path=path,
        size=size,
        created=datetime.fromtimestamp(changed, UTC),
        store=store,
        group=group,
        problem=problem,
    )
