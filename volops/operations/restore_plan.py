"""What a restore would do, and whether it can: all that is known before anything is touched."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from volops.catalog import Entry
from volops.errors import InvalidUse, NoSuchBackup, PluginBroken, UnknownVolume
from volops.isolation import isolated
from volops.manifest import Manifest, VolumeRecord
from volops.model import OutcomeStatus, Volume, VolumeKind
from volops.operations.destination import destination, require_name
from volops.operations.strangers import refuse_strangers
from volops.plugins import RegisteredType
from volops.source import Surroundings
from volops.source.shells import owner
from volops.staging_area import open_swap
from volops.tar_selection import Chosen
from volops.workspace import Workspace

RESTORABLE = (OutcomeStatus.DONE, OutcomeStatus.RECIPE)
_NEVER_RAN = "created"
"""The engine's word for the state of a container that was made and not started."""


@dataclass(frozen=True, slots=True)
class RestoreItem:
    """One volume to be restored: what the backup has of it, the stack's volume, and the type it was
    backed up as. `missing` tells that the engine does not have the volume."""

    record: VolumeRecord
    volume: Volume
    type: RegisteredType
    options: object
    missing: bool

    @property
    def size(self) -> int:
        """Bytes of its artifacts before compression."""
        return sum(artifact.plain.size for artifact in self.record.artifacts)


@dataclass(frozen=True, slots=True)
class Regeneration:
    """A lost volume of which the backup has nothing, and the command that fills it in its running service;
    `problem` says why its type could not tell that."""

    volume: str
    service: str
    command: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """`stops` are the running services that use the volumes, in the order in which they will be stopped;
    `starts` those that have lost a volume and are to be made anew afterwards. With `chosen` only these paths
    of the one volume are restored, and all else of it stays. `regenerates` are made again after the start."""

    entry: Entry
    manifest: Manifest
    items: tuple[RestoreItem, ...]
    stops: tuple[str, ...]
    starts: tuple[str, ...]
    left_out: tuple[str, ...]
    chosen: Chosen | None = None
    regenerates: tuple[Regeneration, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that will be unpacked."""
        return sum(item.size for item in self.items)


def plan_restore(
    workspace: Workspace, around: Surroundings, entry: Entry, names: Sequence[str]
) -> RestorePlan:
    """What restoring these volumes (all that the backup has, without names) would do.

    Raises NoSuchBackup, UnknownVolume for a name that is not in the backup, InvalidUse when the stack has
    no such volume any more, PluginBroken when a type is missing, RestoreRefused when a container outside the
    project uses a volume.
    """
    manifest = manifest_of(entry)
    records = records_of(manifest, names)
    existing = set(around.engine.volumes([given.volume.name for given in workspace.assignments]))
    items = tuple(restore_item(workspace, record, existing) for record in records)
    for item in items:
        require_name(around, item.volume)
    refuse_strangers(around, [item.volume.name for item in items if not item.missing])
    chosen = {record.key for record in records}
    regenerates = () if names else tuple(_regenerations(workspace, around, chosen, existing))
    return RestorePlan(
        entry=entry,
        manifest=manifest,
        items=items,
        stops=_stops(around, items),
        starts=_starts(around, items, [each.service for each in regenerates if each.service]),
        regenerates=regenerates,
        left_out=tuple(each.key for each in manifest.volumes if each.key not in chosen),
    )


def manifest_of(entry: Entry) -> Manifest:
    """The backup's manifest. Raises NoSuchBackup when it has none that can be read."""
    if entry.manifest is None:
        raise NoSuchBackup(
            f"{entry.name} has no manifest that can be read: {entry.problem}",
            next_step="see `volops list` for others",
        )
    return entry.manifest


def records_of(manifest: Manifest, names: Sequence[str]) -> list[VolumeRecord]:
    """What the backup has of the volumes that are named; without names, of all whose data it holds.

    Raises UnknownVolume for a name that is not in it, InvalidUse when there is nothing to restore.
    """
    known = {record.key: record for record in manifest.volumes if record.status in RESTORABLE}
    if not names:
        chosen = [record for record in known.values() if record.artifacts]
        if not chosen:
            raise InvalidUse(f"{manifest.name} holds no data to restore", next_step="see `volops show`")
        return chosen
    by_name = {record.name: record for record in known.values()}
    # A bind mount is known by the path that it has on the host.
    paths = {name: str(Path(name).absolute()) for name in names if "/" in name}
    found = [known.get(name) or by_name.get(name) or by_name.get(paths.get(name, "")) for name in names]
    for name, record in zip(names, found, strict=True):
        if record is None:
            raise UnknownVolume(name, list(known))
    return list({record.key: record for record in found if record}.values())


def restore_item(workspace: Workspace, record: VolumeRecord, existing: Collection[str]) -> RestoreItem:
    """One volume of a backup as something to restore; `existing` are the names of volumes that are there.

    Raises PluginBroken when its type is missing, InvalidUse when the stack has no such volume any more.
    """
    registered = workspace.registry.types.get(record.type)
    if registered is None:
        origin = f" of {record.plugin.distribution} {record.plugin.version}" if record.plugin else ""
        raise PluginBroken(
            f"volume {record.key!r} needs type {record.type!r}{origin}, which cannot be used here",
            next_step="install it, see `volops plugins`",
        )
    given = destination(workspace, record)
    volume = given.volume
    same = given.type is not None and given.type.cls is registered.cls and given.problem is None
    options = given.options if same else registered.cls.Options()
    gone = volume.name not in existing if volume.declared else not volume.name
    missing = gone and volume.kind is not VolumeKind.BIND
    return RestoreItem(record, volume, registered, options, missing)


def _stops(around: Surroundings, items: Sequence[RestoreItem]) -> tuple[str, ...]:
    """Every running service that mounts one of the volumes; those that depend on others first."""
    users = {name for item in items for name in item.volume.services}
    running = {container.service for container in around.containers if container.running}
    order = [name for name in around.stack.dependencies_first() if name in users & running]
    return tuple(reversed(order))


def _never_used(around: Surroundings) -> set[str]:
    """Volumes of which all containers that mount them have never run: as good as lost. A restore that failed,
    or was killed, may have had them made."""
    ran: dict[str, set[bool]] = {}
    for container in around.containers:
        for mount in container.mounts:
            ran.setdefault(mount.source, set()).add(container.state != _NEVER_RAN)
    return {name for name, any_ran in ran.items() if any_ran == {False}}


def _regenerations(
    workspace: Workspace, around: Surroundings, restored: Collection[str], existing: Collection[str]
) -> Iterator[Regeneration]:
    unused = _never_used(around)
    for given in workspace.assignments:
        volume = given.volume
        if volume.kind is VolumeKind.BIND or volume.key in restored:
            continue
        if volume.name in existing and volume.name not in unused:
            continue
        if given.type is None or given.problem is not None:
            continue
        volume_type = given.type.cls()
        what = f"type {given.type.cls.name!r} ({given.type.origin}) cannot tell what makes it again"
        try:
            mount = owner(volume, volume_type)
            command = isolated(what, volume_type.regenerated_by, given.options)
        except PluginBroken as error:
            yield Regeneration(volume.key, "", "", error.message)
            continue
        if command and mount is not None and mount.service.active and _is_lost(around, volume, existing):
            yield Regeneration(volume.key, mount.service.name, command)


def _is_lost(around: Surroundings, volume: Volume, existing: Collection[str]) -> bool:
    if volume.name not in existing:
        return True
    with open_swap(around, volume) as swap:
        return swap.is_empty()


def _starts(around: Surroundings, items: Sequence[RestoreItem], needed: Sequence[str]) -> tuple[str, ...]:
    """With no container left at all, every active service; else those that lost volume and container. A
    container that has never run counts for none."""
    active = [service.name for service in around.stack.services if service.active]
    existing = {container.service for container in around.containers if container.state != _NEVER_RAN}
    unused = _never_used(around)
    lost = [item.volume for item in items if item.missing or item.volume.name in unused]
    if not existing:
        return tuple(active) if needed or lost else ()
    wanted = {name for volume in lost for name in volume.services} | set(needed)
    return tuple(name for name in active if name in wanted - existing)
