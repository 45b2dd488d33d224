"""Volumes that are to be restored and are gone: compose makes them anew, the nameless ones with new names."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from volops.engine import ContainerInfo
from volops.model import Volume
from volops.operations.destination import nameless
from volops.operations.restore_plan import RestoreItem, RestorePlan
from volops.operations.stored import StoredCheck
from volops.source import Surroundings
from volops.undeclared import services_first_to_last, undeclared_volumes
from volops.workspace import Workspace


def create_missing(
    workspace: Workspace, around: Surroundings, plan: RestorePlan, check: StoredCheck
) -> tuple[RestorePlan, Collection[str]]:
    """Have compose make containers, and with them the volumes that are gone, so that they have the labels it
    expects; of a backup that is damaged, none. None is started.

    Returns the plan with the names that anonymous volumes have got by that, and the names of the volumes that
    were not there before. Raises InvalidUse when an anonymous volume has got none.
    """
    services = {name for item in plan.items if item.missing for name in item.volume.services}
    active = [name for name in workspace.stack.dependencies_first() if name in services]
    if not active:
        return plan, ()
    check.require()
    # Somebody may have thought about the plan for long, and made some of them meanwhile.
    before = _existing(around, _named(workspace, plan))
    workspace.compose.create(active)
    named = _named(workspace, plan)
    for item in named.items:
        if item.missing and not item.volume.name:
            raise nameless(item.volume)
    return named, _existing(around, named) - before


def _existing(around: Surroundings, plan: RestorePlan) -> set[str]:
    wanted = [item.volume.name for item in plan.items if item.missing and item.volume.name]
    return set(around.engine.volumes(wanted))


def _named(workspace: Workspace, plan: RestorePlan) -> RestorePlan:
    """The plan with the names that containers tell of by now."""
    if all(item.volume.name for item in plan.items):
        return plan
    stack = workspace.stack
    containers = services_first_to_last(workspace.engine.containers(stack.project))
    declared = [replace(each, name=each.name or _mounted(each, containers)) for each in stack.volumes]
    others = undeclared_volumes(replace(stack, volumes=tuple(declared)), containers)
    names = {volume.key: volume.name for volume in (*declared, *others)}

    def named(item: RestoreItem) -> RestoreItem:
        if item.volume.name:
            return item
        return replace(item, volume=replace(item.volume, name=names.get(item.volume.key, "")))

    return replace(plan, items=tuple(map(named, plan.items)))


def _mounted(volume: Volume, containers: Iterable[ContainerInfo]) -> str:
    """What the first container of its service mounts where an anonymous volume belongs."""
    place = volume.mounts[0]
    for container in containers:
        for mount in container.mounts:
            here = (container.service, mount.target) == (place.service.name, place.target)
            if here and mount.kind == "volume":
                return mount.source
    return ""
