"""Files of a backup into a directory of this machine."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from volops.catalog import Catalog, Entry
from volops.errors import EXIT_DONE, CheckFailed, EngineFailed, InvalidUse
from volops.gnu_tar import command, unpacking
from volops.model import Outcome, OutcomeStatus, RunFinished, RunStarted, VolumeFinished, VolumeStarted
from volops.mover import HelperShell
from volops.operations.restore_plan import RestoreItem
from volops.operations.staged import artifacts_of
from volops.operations.volume_dump import Emit, Told
from volops.source import Surroundings
from volops.source.shells import NEEDS_IMAGE, Shells
from volops.tar_screen import screened
from volops.tar_selection import Chosen
from volops.tree_comparison import differences
from volops.tree_entries import TreeEntry, tree_entries

_MAY = ("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD", "SETFCAP")
_SECURITY = b"SCHILY.xattr.security."


@dataclass(frozen=True, slots=True)
class Extraction:
    """What is to be unpacked where. `owners` tells whether files will belong to whom they belonged, `trusted`
    whether they may be what only a backup of one's own may hold, see tar_screen."""

    entry: Entry
    item: RestoreItem
    chosen: Chosen
    directory: Path
    owners: bool
    trusted: bool

    def standing(self) -> frozenset[str]:
        """Directories that are there already, and stay as they are."""
        places = {name: self.directory / name for name in self.chosen.directories | self.chosen.parents}
        return frozenset(name for name, place in places.items() if place.is_dir() and not place.is_symlink())


def plan_extraction(
    around: Surroundings,
    entry: Entry,
    item: RestoreItem,
    chosen: Chosen,
    directory: Path,
    *,
    trust: bool = False,
) -> Extraction:
    """What is to be done; `trust` as for a restore.

    Raises InvalidUse when a file is in the way, or the engine cannot see this machine's directories.
    """
    if not around.engine_info.local:
        raise InvalidUse(
            "the engine is on another machine and cannot write to a directory of this one",
            next_step="run volops there",
        )
    if directory.exists() and not directory.is_dir():
        raise InvalidUse(f"{directory} is not a directory", next_step="name a new or empty one")
    trusted = trust or not entry.outside
    extraction = Extraction(entry, item, chosen, directory, owners=os.geteuid() == 0, trusted=trusted)
    standing = extraction.standing()
    for name in sorted(chosen.names | chosen.parents - {"."}):
        place = directory / name
        if os.path.lexists(place) and name not in standing:
            raise InvalidUse(f"{place} exists already", next_step="name a new or empty directory with --to")
    return extraction


def extract(around: Surroundings, catalog: Catalog, plan: Extraction, emit: Emit) -> Outcome:
    """Unpack, and compare with the archive. A directory that was new or empty is so again if this raises."""
    record, directory = plan.item.record, plan.directory
    emit(RunStarted("restore", plan.entry.name, (record.key,)))
    emit(VolumeStarted(record.key, record.type, plan.item.size))
    start, told, standing = time.monotonic(), Told(record.key, emit), plan.standing()
    with _made(directory) as empty, Shells(around, plan.item.volume) as shells:
        found = shells.with_tar("to", (str(directory.absolute()), "/volume", True), _MAY)
        if found is None or not found.version:
            raise EngineFailed("no local image has GNU tar, which this needs", next_step=NEEDS_IMAGE)
        try:
            _unpack(found.shell, catalog, plan, standing, told)
            _compare(found.shell, catalog, plan, standing)
        except BaseException:
            if empty:
                found.shell.run("find", "/volume", "-mindepth", "1", "-delete")
            raise
    outcome = Outcome(
        volume=record.key,
        type=record.type,
        status=OutcomeStatus.DONE,
        size=plan.chosen.size,
        stored_size=sum(artifact.stored.size for artifact in record.artifacts),
        seconds=round(time.monotonic() - start, 3),
        warnings=tuple(told.warnings),
    )
    emit(VolumeFinished(outcome))
    emit(RunFinished("restore", plan.entry.name, (outcome,), EXIT_DONE))
    return outcome


@contextlib.contextmanager
def _made(directory: Path) -> Iterator[bool]:
    """Make the directory, unless it is there, for good only if all goes well; whether nothing is in it."""
    created = not directory.exists()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        empty = not any(directory.iterdir())
    except OSError as error:
        raise InvalidUse(
            f"{directory} cannot be used: {error.strerror}", next_step="name another directory with --to"
        ) from error
    try:
        yield empty
    except BaseException:
        if created:
            directory.rmdir()
        raise


def _unpack(
    shell: HelperShell, catalog: Catalog, plan: Extraction, standing: Collection[str], told: Told
) -> None:
    flags = "--keep-old-files" + ("" if plan.owners else " --no-same-owner")
    argv = unpacking("/volume", below=plan.chosen.below, flags=flags)
    user = "" if plan.owners else f"{os.geteuid()}:{os.getegid()}"
    for artifact in artifacts_of(catalog, plan.entry, plan.item, on_bytes=told.passed):
        stream = screened(artifact.name, artifact.stream, trusted=plan.trusted, below=plan.chosen.below)
        wanted = plan.chosen.archive(artifact.name, stream, without={".", *standing})
        shell.feed(wanted, *argv, user=user)


def _compare(shell: HelperShell, catalog: Catalog, plan: Extraction, standing: Collection[str]) -> None:
    """Raise CheckFailed unless everything chosen is as in the archive, but directories that were there."""
    names = {name.encode("utf-8", "surrogateescape") for name in plan.chosen.names - frozenset(standing)}

    def ours(entries: Iterator[TreeEntry]) -> Iterator[TreeEntry]:
        return (entry if plan.owners else _unowned(entry) for entry in entries if entry.name in names)

    def wanted() -> Iterator[TreeEntry]:
        for artifact in artifacts_of(catalog, plan.entry, plan.item, plan.chosen):
            yield from ours(tree_entries(artifact.name, artifact.stream, plan.chosen.below))

    def found() -> Iterator[TreeEntry]:
        first = sorted({name.partition("/")[0] for name in plan.chosen.names})
        return ours(tree_entries("the new files", shell.stream(*command(first))))

    if told := differences(wanted, found):
        raise CheckFailed(
            f"what was unpacked into {plan.directory} is not as it was backed up: {'; '.join(told)}",
            next_step="try a directory on another file system",
        )


def _unowned(entry: TreeEntry) -> TreeEntry:
    """The entry without what only root may give to a file."""
    kept = tuple(each for each in entry.attributes if not each[0].startswith(_SECURITY))
    return entry._replace(owner=(0, 0), attributes=kept)
