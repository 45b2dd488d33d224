"""What restoring an archive of the shell script that came before volops would do, and whether it can be."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from volops.bundle import OldArchive, Part, beside, opened_archive
from volops.bundle.old_archives import DATABASE, TREES
from volops.catalog import Entry, EntryState
from volops.errors import (
    ArtifactCorrupt,
    HostileArchive,
    InvalidUse,
    RestoreRefused,
    StoreFull,
    UnknownVolume,
)
from volops.file_tree import NAMES, ROOTED, TAR
from volops.manifest import (
    ArtifactRecord,
    BackupKind,
    DigestRecord,
    EngineRecord,
    Manifest,
    StackRecord,
    ToolRecord,
    VolumeRecord,
)
from volops.model import OutcomeStatus
from volops.operations.database_volume import database_volume
from volops.operations.dumps import Dump
from volops.operations.restore_database import DatabasePlan, plan_database
from volops.operations.restore_plan import RestoreItem, RestorePlan, plan_restore
from volops.pipeline import GZIP
from volops.plugins import Assignment
from volops.source import Surroundings
from volops.workspace import Workspace

UNRECORDED = (
    "the archive has no manifest: nothing was recorded when it was made, so that what is unpacked can be "
    "compared with the archive alone"
)
UNROOTED = (
    "the archive does not hold the volume's own directory: it will be root's, and only root may write to it"
)
_TAKEN = (*TREES, "postgres")


@dataclass(frozen=True, slots=True)
class ArchivePlan:
    """What restoring an archive would do; a part is None when the volumes that were named leave it out."""

    archive: OldArchive
    database: DatabasePlan | None
    trees: RestorePlan | None


@contextlib.contextmanager
def opened_old_archive(workspace: Workspace, entry: Entry, *, trust: bool = False) -> Iterator[OldArchive]:
    """The archive, unpacked, read to its end and judged, for as long as the context lasts.

    Raises RestoreRefused when it cannot be restored from: nothing has been touched then.
    """
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(opened_archive(entry, beside(workspace.catalog.store), trust=trust))
        except (ArtifactCorrupt, HostileArchive, StoreFull) as error:
            raise RestoreRefused(error.message, next_step=error.next_step) from error
        yield archive


def plan_archive(
    workspace: Workspace,
    around: Surroundings,
    archive: OldArchive,
    names: Sequence[str],
    database: str | None = None,
) -> ArchivePlan:
    """What restoring the archive into these volumes (all that its parts are for, without names) would do; or
    its dump alone, as the database of that name.

    A tree goes into the stack's one volume of its type. Raises InvalidUse, naming them, when there are
    several and none or more than one of them is named, or when there is none; UnknownVolume; and what
    `plan_restore` and `plan_database` raise.
    """
    chosen = [workspace.assignment(name) for name in names]
    trees = {
        given.volume.key: (kind, given)
        for kind in (TREES if database is None else ())
        for given in [_of_type(workspace, archive, kind, chosen)]
        if given is not None
    }
    left = [given for given in chosen if given.volume.key not in trees]
    dumped = _database_plan(workspace, around, archive, left, database) if left or not chosen else None
    plan = None
    if trees:
        entry = _entry_of(workspace, archive, list(trees.values()))
        plan = plan_restore(workspace, around, entry, list(trees))
    return ArchivePlan(archive, dumped, plan)


def warnings_of(item: RestoreItem) -> tuple[str, ...]:
    """What is odd about restoring this tree, whatever comes of it."""
    return (UNRECORDED,) if item.record.facts[ROOTED] else (UNRECORDED, UNROOTED)


def _of_type(
    workspace: Workspace, archive: OldArchive, kind: str, chosen: Sequence[Assignment]
) -> Assignment | None:
    """The volume that a tree goes into; None when volumes were named, and none of that type."""
    known = [given for given in workspace.assignments if given.type and given.type.cls.name == kind]
    wanted = [given for given in known if given in chosen] if chosen else known
    if len(wanted) == 1 or (chosen and not wanted):
        return wanted[0] if wanted else None
    file = archive.parts[kind].file
    if not wanted:
        types = {given.volume.key: given.type.cls.name for given in workspace.assignments if given.type}
        others = [key for key, name in types.items() if name in _TAKEN]
        raise InvalidUse(
            f"this stack has no {kind} volume for {file}",
            next_step=f"name the volumes to restore, of: {', '.join(others)}",
        )
    keys = ", ".join(given.volume.key for given in wanted)
    raise InvalidUse(
        f"{file} could be of any of these volumes: {keys}",
        next_step="name the one, and every other volume that you want restored",
    )


def _database_plan(
    workspace: Workspace,
    around: Surroundings,
    archive: OldArchive,
    left: Sequence[Assignment],
    database: str | None,
) -> DatabasePlan:
    """What restoring the dump would do. `left` are the volumes that were named and are for no tree."""
    if len(left) > 1:
        raise UnknownVolume(left[1].volume.name, [given.volume.key for given in left[:1]])
    given = database_volume(workspace, left[0].volume.key if left else None)
    part = archive.parts[DATABASE]
    dump = Dump(part.file, partial(archive.open, part), volume=given.volume.key)
    return plan_database(workspace, around, dump, given.volume.key, database)


def _entry_of(workspace: Workspace, archive: OldArchive, trees: Sequence[tuple[str, Assignment]]) -> Entry:
    """The archive as if it were a backup of these volumes of the stack."""
    made = archive.made
    manifest = Manifest(
        name=f"full_backup_{made:%Y%m%d_%H%M%S}",
        kind=BackupKind.SELECTED,
        created=made,
        finished=made,
        tool=ToolRecord(name="shell script", version=""),
        host="",
        stack=StackRecord(project=workspace.stack.project),
        engine=EngineRecord(name="", version="", api_version=""),
        volumes=tuple(_record(kind, archive.parts[kind], given) for kind, given in trees),
    )
    return replace(
        archive.entry,
        state=EntryState.COMPLETE,
        created=made,
        manifest=manifest,
        problem="",
        store=archive.store,
        group=archive.group,
        outside=True,
    )


def _record(kind: str, part: Part, given: Assignment) -> VolumeRecord:
    artifact = ArtifactRecord(
        name=part.file.removesuffix(".gz"),
        file=part.file,
        media_type=TAR,
        codecs=(GZIP,),
        plain=DigestRecord.of(part.plain),
        stored=DigestRecord.of(part.stored),
    )
    return VolumeRecord(
        key=given.volume.key,
        name=given.volume.name,
        kind=given.volume.kind,
        type=kind,
        status=OutcomeStatus.DONE,
        artifacts=(artifact,),
        facts={NAMES: part.names, ROOTED: part.rooted},
    )
