"""The volume of the stack that what a backup has of one goes into."""

from __future__ import annotations

from volops.config import VolumeSettings
from volops.errors import InvalidUse
from volops.manifest import VolumeRecord
from volops.model import Mount, Volume, VolumeKind
from volops.plugins import Assignment, assign
from volops.source import Surroundings
from volops.workspace import Workspace


def destination(workspace: Workspace, record: VolumeRecord) -> Assignment:
    """The volume of the record's key, or else of its name. Raises InvalidUse when the stack has none."""
    for wanted in (record.key, record.name):
        for given in workspace.assignments:
            if wanted in (given.volume.key, given.volume.name):
                return given
    undeclared = workspace.undeclared() if record.kind is VolumeKind.ANONYMOUS else ()
    for given in undeclared:
        if record.key == given.volume.key:
            return given
    if lost := _gone_with_its_container(workspace, record):
        return assign(lost, workspace.settings.volumes[record.key], workspace.registry)
    raise nowhere(record.key)


def require_name(around: Surroundings, volume: Volume) -> None:
    """Raise InvalidUse where the service of an anonymous volume has a container, which does not mount it. One
    that has none will get one, and the volume with it."""
    named = volume.kind is VolumeKind.BIND or volume.name
    if not named and around.container(volume.mounts[0].service.name):
        raise nameless(volume)


def nameless(volume: Volume) -> InvalidUse:
    """What to raise of an anonymous volume that no container has."""
    if not volume.declared:
        return nowhere(volume.key)
    return InvalidUse(
        f"anonymous volume {volume.key!r} has no name yet", next_step="create it with `volops start`"
    )


def nowhere(key: str) -> InvalidUse:
    """What to raise of a volume that the stack does not have."""
    return InvalidUse(
        f"this stack has no volume {key!r} any more",
        next_step="restore volumes that it has by naming them",
    )


def _gone_with_its_container(workspace: Workspace, record: VolumeRecord) -> Volume | None:
    """A volume that the image of a service asks for, of which x-volops speaks: without a container nothing
    else tells of it."""
    service = workspace.stack.service(record.key.partition(":")[0])
    spoken_of = workspace.settings.volumes.get(record.key, VolumeSettings()) != VolumeSettings()
    if service is None or not spoken_of or record.kind is not VolumeKind.ANONYMOUS or not record.targets:
        return None
    containers = workspace.engine.containers(workspace.stack.project)
    if any(each.service == service.name and not each.one_off for each in containers):
        return None
    mounts = (Mount(service, record.targets[0]),)
    return Volume(record.key, "", VolumeKind.ANONYMOUS, mounts=mounts, declared=False)
