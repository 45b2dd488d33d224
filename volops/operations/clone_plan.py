"""What restoring into other volumes would do: under which names, and whether anything is in the way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from volops.catalog import Entry
from volops.compose import Clone
from volops.engine import Engine
from volops.errors import InvalidUse, RestoreRefused
from volops.manifest import Manifest
from volops.model import Stack, Volume, VolumeKind
from volops.operations.restore_plan import RestoreItem, manifest_of, records_of, restore_item
from volops.source import Surroundings
from volops.staging_area import open_swap
from volops.workspace import Workspace

_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]*")
_FIRST_WORD = re.compile(r"[^-_.]+[-_.]")


@dataclass(frozen=True, slots=True)
class CloneItem:
    """One volume to be restored: into which it is, with which labels, and whether that is there already,
    empty. `fixed` tells that the compose file has no place for another name."""

    item: RestoreItem
    name: str
    labels: Mapping[str, str]
    exists: bool
    fixed: bool


@dataclass(frozen=True, slots=True)
class ClonePlan:
    """`left_out` are volumes that no other project can have under another name."""

    entry: Entry
    manifest: Manifest
    clone: Clone
    items: tuple[CloneItem, ...]
    left_out: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes that will be unpacked."""
        return sum(each.item.size for each in self.items)


def plan_clone(
    workspace: Workspace, around: Surroundings, entry: Entry, names: Sequence[str], project: str
) -> ClonePlan:
    """What restoring these volumes (all that the backup has, without names) for `project` would do.

    Raises what `plan_restore` raises; InvalidUse for what cannot be the name of a project, and for a volume
    named that cannot be had twice; RestoreRefused when a volume of such a name is not empty.
    """
    _require_project(workspace.stack, project)
    manifest = manifest_of(entry)
    clone = workspace.compose.clone(project)
    fixed = _fixed(workspace.stack, clone)
    items, left_out = [], []
    for record in records_of(manifest, names):
        item = restore_item(workspace, record, ())
        reason = _unlike(item.volume)
        if reason and names:
            raise InvalidUse(f"{item.volume.key!r} {reason}", next_step="name volumes without it")
        if reason:
            left_out.append(item.volume.key)
            continue
        name = fixed.get(item.volume.key) or clone.names[item.volume.key]
        exists = _exists(around, item.volume, name)
        labels = _labels(clone, item.volume)
        items.append(CloneItem(item, name, labels, exists, item.volume.key in fixed))
    if not items:
        raise InvalidUse(
            f"{manifest.name} holds no volume that a clone can have", next_step="see `volops show`"
        )
    return ClonePlan(entry, manifest, clone, tuple(items), tuple(left_out))


def _require_project(stack: Stack, project: str) -> None:
    if project == stack.project:
        raise InvalidUse(f"{project!r} is this project itself", next_step="choose another name")
    if not _PROJECT.fullmatch(project):
        raise InvalidUse(
            f"{project!r} cannot be the name of a compose project",
            next_step="use lower-case letters, digits, dashes and underscores, a letter or digit first",
        )


def _unlike(volume: Volume) -> str:
    """Why another project cannot have this volume under a name of its own; empty when it can."""
    if volume.kind is VolumeKind.BIND:
        return "is a directory of the host, which every copy of the project shares"
    if volume.kind is VolumeKind.ANONYMOUS:
        return "has no name by which another project could find it"
    if volume.external:
        return "is an external volume, which every copy of the project shares"
    if volume.driver != "local" or volume.driver_options:
        return "has driver options, by which every copy of the project finds the same data"
    return ""


def _fixed(stack: Stack, clone: Clone) -> dict[str, str]:
    """New names for the volumes whose names are the same in every project: with the project's in the place
    of the word that they all begin with, else before the whole name."""
    same = {each.key: each.name for each in stack.volumes if clone.names.get(each.key) == each.name}
    words = {match[0] if (match := _FIRST_WORD.match(name)) else "" for name in same.values()}
    common = words.pop() if len(words) == 1 and len(same) > 1 else ""
    separator = common[-1:] or "-"
    return {key: f"{clone.project}{separator}{name.removeprefix(common)}" for key, name in same.items()}


def _labels(clone: Clone, volume: Volume) -> dict[str, str]:
    """Those by which compose knows a volume for its own."""
    ours = {"com.docker.compose.project": clone.project, "com.docker.compose.volume": volume.key}
    return {**volume.labels, **ours}


def _exists(around: Surroundings, volume: Volume, name: str) -> bool:
    engine: Engine = around.engine
    if name not in engine.volumes([name]):
        return False
    with open_swap(around, replace(volume, name=name)) as swap:
        if swap.is_empty():
            return True
    raise RestoreRefused(
        f"volume {name!r} exists and is not empty",
        next_step=f"choose another prefix, or remove it with `docker volume rm {name}` if it may go",
    )
