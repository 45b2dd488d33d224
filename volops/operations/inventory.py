"""The volumes of a stack: what each is, where it lies, its size, who uses it, when it was last backed up."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

from volops.engine import Engine, VolumeInfo
from volops.model import Volume, VolumeKind
from volops.plugins import Assignment
from volops.workspace import Workspace


@dataclass(frozen=True, slots=True)
class InventoryItem:
    """One volume as it is now. `size` is in bytes, None where it is not known without reading the data.

    `used_by` names the services of the stack that mount it, then the containers that are not the stack's.
    """

    assignment: Assignment
    exists: bool
    driver: str
    mountpoint: str
    size: int | None
    used_by: tuple[str, ...]
    last_good: datetime | None

    @property
    def volume(self) -> Volume:
        """The volume at hand."""
        return self.assignment.volume


def inventory(
    workspace: Workspace, sizes: Future[dict[str, int]], *, binds: bool = False
) -> tuple[InventoryItem, ...]:
    """Every volume of the stack, those of inactive profiles included, and those that only its containers
    tell of; bind mounts only with `binds`.

    `sizes` will hold what `Engine.volume_sizes` says: the slowest question, waited for last.
    Raises EngineFailed, StoreUnavailable.
    """
    given = (*workspace.assignments, *workspace.undeclared())
    wanted = [each for each in given if binds or each.volume.kind is not VolumeKind.BIND]
    names = [each.volume.name for each in wanted if each.volume.name]
    known = workspace.engine.volumes(names)
    last_goods = workspace.catalog.last_goods()
    items = [
        _item(workspace, each, known.get(each.volume.name), last_goods.get(each.volume.key))
        for each in wanted
    ]
    measured = sizes.result()
    return tuple(replace(item, size=measured.get(item.volume.name)) for item in items)


def _item(
    workspace: Workspace,
    assignment: Assignment,
    known: VolumeInfo | None,
    last_good: datetime | None,
) -> InventoryItem:
    volume = assignment.volume
    if volume.kind is VolumeKind.BIND:
        return InventoryItem(assignment, True, "bind", volume.name, None, volume.services, last_good)
    if known is None:
        return InventoryItem(assignment, False, volume.driver, "", None, volume.services, last_good)
    return InventoryItem(
        assignment=assignment,
        exists=True,
        driver=known.driver,
        mountpoint=known.mountpoint,
        size=None,
        used_by=(*volume.services, *_strangers(workspace.engine, workspace.stack.project, volume)),
        last_good=last_good,
    )


def _strangers(engine: Engine, project: str, volume: Volume) -> tuple[str, ...]:
    """Containers outside the project that mount the volume."""
    using = engine.containers_using(volume.name)
    return tuple(container.name for container in using if container.project != project)
