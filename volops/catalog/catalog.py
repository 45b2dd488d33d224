"""The backups of a store: begin and commit them, list them, find one by what a person calls it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from volops.catalog.bundled import read_loose_file
from volops.catalog.draft import Draft
from volops.catalog.entry import Entry, EntryState, read_group, read_loose
from volops.catalog.verification import Verification, write_verification
from volops.errors import InvalidUse, NoSuchBackup
from volops.manifest import MANIFEST_FILE, BackupKind
from volops.model import OutcomeStatus
from volops.store import LOOSE, LOOSE_MANIFEST, LocalStore, Store

LATEST = "latest"

_BACKUP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_BACKUP_LIKE = re.compile(r".*_backup_\d{8}_\d{6}.*")
_FOREIGN = re.compile(r".*\.(tar\.gz|tgz|sql|sql\.gz)")
_SHOWN = 5


class Catalog:
    """`project`, when given, limits what counts as latest or as last good to backups of that project."""

    def __init__(self, store: Store, project: str = "") -> None:
        self.store = store
        self._project = project

    def lock(self, purpose: str = "a run of volops") -> AbstractContextManager[None]:
        """Hold the store while writing to it. Raises Locked, naming the other's process."""
        return self.store.lock(purpose)

    def begin(self, name: str) -> Draft:
        """Start a backup. What dead runs left unfinished is removed first.

        Raises StoreUnavailable when the name is taken, or the store cannot be written.
        """
        if not _BACKUP_NAME.fullmatch(name):
            raise ValueError(f"a backup cannot be called {name!r}")
        return Draft(self.store.begin(name))

    def entries(self) -> list[Entry]:
        """All backups, newest first, with those that are broken and files that look like backups."""
        found = list(self._groups()) + list(self._loose())
        return sorted(found, key=lambda entry: (entry.created, entry.name), reverse=True)

    def unfinished(self) -> Mapping[str, bool]:
        """Names of runs that have not committed: True for one that goes on, False for what a dead one left
        and the next run removes."""
        return self.store.unfinished()

    def find(self, reference: str) -> Entry:
        """The entry that `reference` means: `latest`, a name, the beginning of one name only, or a path.

        An archive in the working directory needs no slash to be a path. `latest` is the newest complete full
        backup, of those that are not known to be bad if there is one; see `passed_over`. Raises NoSuchBackup,
        and InvalidUse naming the candidates when several names begin so.
        """
        if reference == LATEST:
            return self._latest()
        if "/" in reference and "://" not in reference:
            return _at(Path(reference).absolute())
        entries = self.entries()
        for entry in entries:
            if reference in {entry.name, entry.path, Path(entry.path).name}:
                return entry
        matching = _without_bundles(
            [entry for entry in entries if reference and entry.name.startswith(reference)]
        )
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise InvalidUse(
                f"{reference!r} is the beginning of {len(matching)} backups", next_step=_choice(matching)
            )
        if _FOREIGN.fullmatch(reference) and Path(reference).is_file():
            return _at(Path(reference).absolute())
        raise NoSuchBackup(f"no backup {reference!r} in {self.store.location}", next_step=_choice(entries))

    def passed_over(self) -> tuple[Entry, ...]:
        """The complete full backups that are newer than what `latest` means, and known to be bad."""
        mine = self._complete()
        good = next((number for number, entry in enumerate(mine) if not _known_bad(entry)), 0)
        return tuple(mine[:good])

    def last_good(self, key: str) -> datetime | None:
        """When the volume was last backed up, in a backup that is not known to be bad; see last_goods."""
        return self.last_goods().get(key)

    def last_goods(self) -> dict[str, datetime]:
        """For each volume key, the newest backup in which the volume is done or a recipe.

        A database backup does not count, since it is not the whole volume; nor does one whose last
        verification found a problem.
        """
        return {key: entry.created for key, entry in self.last_good_entries().items()}

    def last_good_entries(self) -> dict[str, Entry]:
        """For each volume key the entry that last_goods goes by."""
        found: dict[str, Entry] = {}
        for entry in self.entries():
            if not self._counts(entry) or entry.kind is BackupKind.DATABASE or not entry.manifest:
                continue
            for volume in entry.manifest.volumes:
                if volume.status in {OutcomeStatus.DONE, OutcomeStatus.RECIPE}:
                    found.setdefault(volume.key, entry)
        return found

    def files(self, entry: Entry) -> Mapping[str, int]:
        """The files that lie in the entry's place, its manifest included, with their sizes in bytes."""
        found = entry.store.files(entry.group)
        if entry.group != LOOSE or not entry.manifest:
            return found
        own = {each.file for each in entry.manifest.every_artifact} | {entry.manifest_file}
        return {file: size for file, size in found.items() if file in own}

    def open(self, entry: Entry, file: str) -> Iterator[bytes]:
        """Yield the stored bytes of a file of the entry. Raises ArtifactCorrupt when it is not there."""
        return entry.store.open(entry.group, file)

    def record(self, entry: Entry, verification: Verification) -> None:
        """Remember a verification beside the backup. Raises StoreUnavailable, StoreFull."""
        if entry.manifest:
            write_verification(entry.store, entry.name, entry.manifest, verification)

    def _groups(self) -> Iterator[Entry]:
        for name in self.store.groups():
            files = self.store.files(name)
            if MANIFEST_FILE in files or _BACKUP_LIKE.fullmatch(name):
                yield read_group(self.store, name, files)

    def _loose(self) -> Iterator[Entry]:
        files = dict(self.store.files(LOOSE))
        for manifest_file in [file for file in files if file.endswith(LOOSE_MANIFEST)]:
            entry, own = read_loose(self.store, manifest_file, files)
            yield entry
            files = {file: size for file, size in files.items() if file not in own}
        for file, size in files.items():
            if _FOREIGN.fullmatch(file):
                yield read_loose_file(self.store, file, size)

    def _counts(self, entry: Entry) -> bool:
        if not entry.manifest or _known_bad(entry):
            return False
        return self._project in {"", entry.manifest.stack.project}

    def _complete(self) -> list[Entry]:
        """The project's complete full backups, newest first."""
        return [
            entry
            for entry in self.entries()
            if entry.state is EntryState.COMPLETE
            and entry.manifest is not None
            and entry.kind is BackupKind.FULL
            and self._project in {"", entry.manifest.stack.project}
        ]

    def _latest(self) -> Entry:
        if mine := self._complete():
            return next((entry for entry in mine if not _known_bad(entry)), mine[0])
        full = [entry for entry in self.entries() if entry.kind is BackupKind.FULL]
        complete = [entry for entry in full if entry.state is EntryState.COMPLETE]
        bundles = [entry for entry in full if entry.state is EntryState.BUNDLE]
        whose = f" of project {self._project}" if complete else ""
        raise NoSuchBackup(
            f"no complete full backup{whose} in {self.store.location}",
            next_step=_choice(complete or bundles),
        )


def _known_bad(entry: Entry) -> bool:
    """Whether its last verification found something wrong."""
    return entry.verified is not None and not entry.verified.ok


def _without_bundles(entries: list[Entry]) -> list[Entry]:
    """The entries, without the bundles of others among them: those are the same backup once more."""
    names = {entry.name for entry in entries}
    return [entry for entry in entries if entry.name.removesuffix(".tar.gz") not in names - {entry.name}]


def _at(path: Path) -> Entry:
    """The entry that lies at `path`, wherever that is."""
    if path.name == MANIFEST_FILE:
        path = path.parent
    store = LocalStore(path.parent)
    if path.is_dir():
        return read_group(store, path.name, store.files(path.name))
    files = store.files(LOOSE)
    if path.name not in files:
        raise NoSuchBackup(f"nothing is at {path}", next_step="see what there is with `volops list`")
    for manifest_file in [file for file in files if file.endswith(LOOSE_MANIFEST)]:
        entry, own = read_loose(store, manifest_file, files)
        if path.name in own:
            return entry
    return read_loose_file(store, path.name, files[path.name])


def _choice(entries: list[Entry]) -> str:
    names = [entry.name for entry in entries[:_SHOWN]]
    if not names:
        return "make one with `volops backup`"
    more = f" or {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return f"choose one of: {', '.join(names)}{more}"
