"""What is to be cleaned: the volumes, what goes of each by its type's plan, and what is known of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from volops.catalog import Entry
from volops.engine import VolumeInfo
from volops.errors import InvalidUse
from volops.model import Criticality, Volume, VolumeKind
from volops.operations.clean_places import host_path
from volops.operations.clean_refusals import held_in, others_project, require_cleanable, require_ours
from volops.plugins import Assignment, blaming
from volops.removal import Removal, Removing
from volops.services import users
from volops.source import LiveSource, Surroundings
from volops.staging_area import open_swap
from volops.workspace import Workspace

FRESH = timedelta(days=1)
"""A critical volume whose newest good backup is older has a warning."""


@dataclass(frozen=True, slots=True)
class CleanItem:
    """One volume that is to be cleaned. `size` is in bytes, None where it is not known; `kept` of it are data
    from before a restore; `last_good` is its newest good backup."""

    given: Assignment
    removals: tuple[Removal, ...]
    size: int | None
    kept: int
    last_good: Entry | None

    @property
    def volume(self) -> Volume:
        """The volume at hand."""
        return self.given.volume

    @property
    def stops(self) -> bool:
        """True when services must stop for it."""
        return any(removal.how is Removing.ALL for removal in self.removals)

    @property
    def at_risk(self) -> bool:
        """True when it is critical, and its newest good backup is missing or older than a day."""
        return at_risk(self.given, self.last_good)


@dataclass(frozen=True, slots=True)
class Left:
    """A volume that stays, or whose data does, and why. `way` is a command that empties it where somebody
    means that all the same; empty where none does."""

    volume: str
    reason: str
    way: str = ""


@dataclass(frozen=True, slots=True)
class CleanPlan:
    """What would be done. `stops` are services that stop and start again, in the order of dependencies."""

    items: tuple[CleanItem, ...]
    left: tuple[Left, ...]
    stops: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes that would be freed, as far as is known."""
        return sum(item.size or 0 for item in self.items)


def at_risk(given: Assignment | None, last_good: Entry | None) -> bool:
    """True when a volume that is lost for good if deleted has no good backup of the last day. One of which
    nothing is known counts as such."""
    critical = given is None or given.type is None or given.type.cls.criticality is Criticality.CRITICAL
    return critical and (last_good is None or datetime.now(UTC) - last_good.created > FRESH)


def choose_named(workspace: Workspace, names: Sequence[str]) -> tuple[Assignment, ...]:
    """The volumes of these names, each once. Raises UnknownVolume."""
    chosen = {given.volume.key: given for given in map(workspace.assignment, names)}
    return tuple(chosen.values())


def choose_by_type(
    workspace: Workspace, type_name: str, *, binds: bool
) -> tuple[tuple[Assignment, ...], tuple[Left, ...]]:
    """All volumes of a type, bind mounts only with `binds`, and those that must be named to be cleaned.

    Raises InvalidUse when no plugin gives such a type.
    """
    known = workspace.registry.types
    if type_name not in known:
        raise InvalidUse(
            f"there is no volume type {type_name!r}", next_step=f"choose one of: {', '.join(sorted(known))}"
        )
    of_type = [
        given
        for given in workspace.assignments
        if given.type is not None
        and given.type.cls.name == type_name
        and (binds or given.volume.kind is not VolumeKind.BIND)
    ]
    infos = workspace.engine.volumes([given.volume.name for given in of_type])
    left = {
        given.volume.key: why
        for given in of_type
        if (why := _why_left(workspace, given.volume, infos.get(given.volume.name)))
    }
    chosen = tuple(given for given in of_type if given.volume.key not in left)
    return chosen, tuple(left.values())


def _why_left(workspace: Workspace, volume: Volume, info: VolumeInfo | None) -> Left | None:
    if left := not_ours(workspace, volume, info):
        return left
    path = host_path(volume, info)
    if path is None:
        return None
    if all(mount.read_only for mount in volume.mounts):
        return Left(volume.key, "no service of the project writes to it")
    if not path.is_absolute():
        return Left(volume.key, f"only the engine knows where {path} is")
    if place := held_in(workspace, path):
        return Left(volume.key, f"it holds {place}")
    return Left(volume.key, "it is a single file") if path.is_file() else None


def not_ours(workspace: Workspace, volume: Volume, info: VolumeInfo | None) -> Left | None:
    """Why the volume is not the project's own, so that it is not touched unless it is external and named;
    None when it is."""
    if volume.external:
        return Left(volume.key, "it is external", f"volops clean {volume.key}")
    other = others_project(workspace.stack, volume, info)
    return Left(volume.key, f"it belongs to project {other}") if other else None


def plan_clean(
    workspace: Workspace,
    around: Surroundings,
    chosen: Sequence[Assignment],
    left: Sequence[Left] = (),
) -> CleanPlan:
    """Look into the chosen volumes and ask the type of each what goes. Changes nothing.

    Raises InvalidUse for what may not be cleaned, VolumeInUse for a volume in use by a container outside the
    project, what keeps a volume's type from being known, and what its `clean` raises.
    """
    names = [given.volume.name for given in chosen if given.volume.name]
    infos = around.engine.volumes(names)
    existing = {*infos, *(n for n in names if n.startswith("/") and Path(n).exists())}
    present = [given for given in chosen if given.volume.name in existing]
    require_cleanable(workspace, [given.volume for given in present], infos)
    require_ours(around.engine, workspace.stack, [given.volume for given in present])
    sizes = around.engine.volume_sizes() if present else {}
    last_goods = workspace.catalog.last_good_entries()
    items = [
        _item(around, given, sizes.get(given.volume.name), last_goods.get(given.volume.key))
        for given in present
    ]
    wanted = tuple(item for item in items if item.removals or item.kept)
    return CleanPlan(wanted, tuple(left), _stops(around, wanted))


def _item(around: Surroundings, given: Assignment, size: int | None, last_good: Entry | None) -> CleanItem:
    if given.problem is not None or given.type is None:
        raise given.problem or InvalidUse(f"the type of volume {given.volume.key!r} is not known")
    with LiveSource(around, given.volume, given.type.cls(), given.options) as source:
        with blaming(given.type):
            removals = tuple(given.type.cls().clean(source))
        if size is None and removals:
            size = int(source.tree().run("du", "-sk", "/volume").text.split()[0]) * 1024
    with open_swap(around, given.volume) as swap:
        kept = swap.sizes().get("previous", 0)
    if not any(removal.how is Removing.ALL for removal in removals):
        size = sum(removal.size or 0 for removal in removals) + kept
    return CleanItem(given, removals, size, kept, last_good)


def _stops(around: Surroundings, items: Collection[CleanItem]) -> tuple[str, ...]:
    stopping = [item.volume.name for item in items if item.stops]
    using = users(around.engine, around.stack, stopping)
    return tuple(dict.fromkeys(container.service for container in using))
