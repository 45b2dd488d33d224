"""What belongs to a project on its engine: containers, networks, volumes; and what of it is to go."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from volops.catalog import Entry
from volops.engine import ContainerInfo, Engine, NetworkInfo, VolumeInfo
from volops.model import Criticality, VolumeKind
from volops.operations.clean_places import outlives
from volops.operations.clean_plan import Left, at_risk, not_ours
from volops.operations.clean_refusals import belongs, held_in, require_no_strangers
from volops.operations.clean_unnamed import only_unnamed, remembered, unnamed
from volops.plugins import Assignment
from volops.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Doomed:
    """A volume that is to be removed. `given` is None for one that the compose file does not know (any
    more); `size` is in bytes, None where it is not known; `last_good` its newest good backup. `elsewhere`
    says where its data is when that is not removed with it, and is empty when it is."""

    key: str
    name: str
    size: int | None
    given: Assignment | None
    last_good: Entry | None
    elsewhere: str = ""

    @property
    def at_risk(self) -> bool:
        """True when it is critical, and its newest good backup is missing or older than a day."""
        return not self.elsewhere and at_risk(self.given, self.last_good)

    @property
    def missed(self) -> bool:
        """True when data goes with it that is critical or important, or of which nothing is known."""
        known = self.given.type if self.given else None
        hurts = known is None or known.cls.criticality in (Criticality.CRITICAL, Criticality.IMPORTANT)
        return hurts and not self.elsewhere


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """What would be removed; `left` are volumes of the compose file that stay, or whose data does, `unnamed`
    tells where those without a name of their own are mounted, which no later container would find."""

    containers: tuple[ContainerInfo, ...]
    networks: tuple[NetworkInfo, ...]
    volumes: tuple[Doomed, ...] = ()
    left: tuple[Left, ...] = ()
    unnamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """True when there is nothing to remove."""
        return not (self.containers or self.networks or self.volumes)

    @property
    def size(self) -> int:
        """Bytes that would be freed, as far as is known."""
        return sum(volume.size or 0 for volume in self.volumes)


def plan_containers(workspace: Workspace) -> ProjectPlan:
    """The containers, also of one-off runs and of services that are no longer in the compose file, and the
    networks. Raises nothing beyond what the engine does."""
    engine, project = workspace.engine, workspace.stack.project
    containers = own_containers(engine, project)
    return ProjectPlan(containers, tuple(engine.networks(project)), unnamed=unnamed(engine, containers))


def own_containers(engine: Engine, project: str) -> tuple[ContainerInfo, ...]:
    """All containers that compose made for the project, running or not."""
    return tuple(each for each in engine.containers(project) if belongs(each, project))


def plan_everything(workspace: Workspace) -> ProjectPlan:
    """All that is the project's own: beside containers and networks its volumes, also those that the compose
    file does not name any more, and unnamed ones of its containers.

    Not its own are external volumes, and what compose made for another project. Left are also bind mounts
    that services write to, and the data of volumes that is not the engine's. Raises VolumeInUse when a
    container outside the project uses one of those that are to go.
    """
    bare = plan_containers(workspace)
    engine = workspace.engine
    own = dict(engine.project_volumes(workspace.stack.project))
    named = {given.volume.name: given for given in workspace.assignments if _may_exist(given)}
    left = []
    for name, info in engine.volumes(list(named)).items():
        if other := not_ours(workspace, named[name].volume, info):
            left.append(other)
        else:
            own[name] = info
    noted = remembered(workspace.state, workspace.stack.project)
    own |= only_unnamed(engine, {*bare.unnamed, *noted})
    for name in [volume.name for volume in workspace.stack.volumes if volume.external]:
        own.pop(name, None)
    require_no_strangers(engine, workspace.stack.project, own)
    # Of what containers have beside that only this is taken: what it is, not whose.
    described = {each.volume.name: each for each in workspace.undeclared()} | named
    doomed = _doomed(workspace, own, described)
    left += [_data_left(each) for each in doomed if each.elsewhere]
    left += _binds(workspace)
    return ProjectPlan(bare.containers, bare.networks, doomed, tuple(left))


def _may_exist(given: Assignment) -> bool:
    return given.volume.kind is not VolumeKind.BIND and bool(given.volume.name)


def _data_left(doomed: Doomed) -> Left:
    way = f"volops clean {doomed.key}" if doomed.given else ""
    return Left(doomed.key, f"its data is {doomed.elsewhere}, and stays there", way)


def _binds(workspace: Workspace) -> Iterator[Left]:
    """The bind mounts into which services may have written. What is only configuration or source, as far as
    volops knows, is not offered to be emptied."""
    for given in workspace.assignments:
        volume, path = given.volume, Path(given.volume.name)
        written = any(not mount.read_only for mount in volume.mounts)
        if volume.kind is VolumeKind.BIND and written and (there := _directory(path)) is not None:
            data = there and (given.detected or given.explicit) and not held_in(workspace, path)
            yield Left(volume.key, "it is a bind mount", f"volops clean {volume.key}" if data else "")


def _directory(path: Path) -> bool | None:
    """None when nothing is there. What we may not look at is taken for a file."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return False


def _doomed(
    workspace: Workspace, own: Mapping[str, VolumeInfo], named: Mapping[str, Assignment]
) -> tuple[Doomed, ...]:
    sizes = workspace.engine.volume_sizes() if own else {}
    last_goods = workspace.catalog.last_good_entries() if own else {}
    found = []
    in_order = [name for name in named if name in own]
    for name in [*in_order, *sorted(own.keys() - named.keys())]:
        given = named.get(name)
        key = given.volume.key if given else name
        elsewhere = outlives(own[name])
        size = None if elsewhere else sizes.get(name)
        found.append(Doomed(key, name, size, given, last_goods.get(key) if given else None, elsewhere))
    return tuple(found)
