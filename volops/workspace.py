"""What every operation works on: the stack, its configuration, the engine, the plugins, the backups."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from volops import provisional, quiesce
from volops.catalog import Catalog
from volops.compose import Compose, ComposeOptions, load_stack
from volops.config import Settings, VolumeSettings, load_settings
from volops.docker import connect
from volops.engine import Engine
from volops.errors import UnknownVolume
from volops.journal import JournalFile
from volops.model import Stack, Volume, VolumeKind
from volops.plugins import Assignment, Registry, assign, discover, open_store
from volops.source import look_around
from volops.store import LocalStore
from volops.store.local import STATE
from volops.undeclared import services_first_to_last, undeclared_volumes
from volops.unfinished import recover


@dataclass(frozen=True, slots=True)
class Workspace:
    """A project as volops sees it. `assignments` says for each volume which type it is of; `state` is the
    project's private directory on this machine for what must outlive a process. `records` is the directory
    of this machine that belongs to the backups: their own, where they are in one. `recovered` says, a line
    each, what earlier runs had left that was brought to its end."""

    stack: Stack
    settings: Settings
    engine: Engine
    registry: Registry
    catalog: Catalog
    assignments: tuple[Assignment, ...]
    state: Path
    records: Path
    compose: Compose
    recovered: tuple[str, ...] = ()

    def assignment(self, name: str) -> Assignment:
        """That of the volume called `name` in the compose file, on the engine, or (a bind mount) on the
        host; of one that is not declared there, too. Raises UnknownVolume."""
        wanted = {name, str(Path(name).absolute())} if "/" in name else {name}
        found = _called(wanted, self.assignments) or _called(wanted, self.undeclared())
        if found is None:
            raise UnknownVolume(name, [given.volume.key for given in self.assignments])
        return found

    def undeclared(self) -> tuple[Assignment, ...]:
        """Those of the volumes that containers have and the compose file does not cover. Nothing is done with
        one that is not named: whose image asks for a volume need not run what the image is for."""
        volumes = undeclared_volumes(self.stack, self.engine.containers(self.stack.project))
        return tuple(_assigned(volume, self.settings, self.registry) for volume in volumes)


def open_workspace(
    options: ComposeOptions, backups: Path | str | None = None, reading: Future[Stack] | None = None
) -> Workspace:
    """Find the project as `docker compose` with these options would, and all that belongs to it; `backups` is
    a path or another location, in place of the configured one.

    Compose and the engine are asked at the same time; `reading` is compose's answer where somebody has
    asked already. What an earlier run paused or stopped, and could not bring back because it was killed, is
    brought back first; volumes of its own are removed. Raises what `load_stack`, `load_settings`, `connect`
    and `discover` raise.
    """
    with ThreadPoolExecutor(1) as pool:
        connecting = pool.submit(_connected)
        # Plugins are imported while compose is still thinking.
        registry = discover()
        stack = reading.result() if reading else load_stack(options)
        settings = load_settings(stack)
        engine = connecting.result()
    stack = _with_anonymous_volumes(stack, engine)
    assignments = tuple(_assigned(volume, settings, registry) for volume in stack.volumes)
    store = open_store(registry, str(backups or settings.store or settings.backups))
    catalog = Catalog(store, stack.project)
    records = store.directory if isinstance(store, LocalStore) else settings.backups
    state = settings.backups / STATE
    recovered = [
        f"{name} was held by a run that ended: it goes on"
        for name in quiesce.recover(engine, state, stack.project)
    ]
    provisional.recover(engine, state)
    journals = JournalFile(state)
    if journals.exists:
        around = look_around(engine, stack, "", settings.helper_image)
        recovered.append(recover(around, journals, assignments))
    compose = Compose(options, stack)
    told = tuple(filter(None, recovered))
    return Workspace(stack, settings, engine, registry, catalog, assignments, state, records, compose, told)


def _connected() -> Engine:
    """The engine, after it has told what it is: there is time for that while compose thinks."""
    engine = connect()
    engine.info()
    return engine


def _called(names: Collection[str], assignments: Iterable[Assignment]) -> Assignment | None:
    return next((each for each in assignments if each.volume.key in names or each.volume.name in names), None)


def _assigned(volume: Volume, settings: Settings, registry: Registry) -> Assignment:
    return assign(volume, settings.volumes.get(volume.key, VolumeSettings()), registry)


def _with_anonymous_volumes(stack: Stack, engine: Engine) -> Stack:
    """An anonymous volume has a name only once a container of its service exists."""
    if all(volume.name for volume in stack.volumes):
        return stack
    found: dict[tuple[str, str], str] = {}
    for container in services_first_to_last(engine.containers(stack.project)):
        for mount in container.mounts:
            if mount.kind == "volume":
                found.setdefault((container.service, mount.target), mount.source)

    def named(volume: Volume) -> Volume:
        if volume.kind is not VolumeKind.ANONYMOUS or volume.name:
            return volume
        mount = volume.mounts[0]
        return replace(volume, name=found.get((mount.service.name, mount.target), ""))

    return replace(stack, volumes=tuple(map(named, stack.volumes)))
