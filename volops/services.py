"""Stopping and starting the containers that use volumes, and knowing whether they are well."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from volops.engine import ContainerInfo, Engine
from volops.errors import EngineFailed, NotWell
from volops.journal import Stopped
from volops.model import Stack

ACTIVE = frozenset({"running", "restarting", "paused"})
_POLL_S = 0.1
_STEADY_S = 2.0
"""A service without a health check must have run so long without a restart to count as well."""


def users(engine: Engine, stack: Stack, names: Iterable[str]) -> list[ContainerInfo]:
    """The active containers of the stack's services that mount one of the named volumes or host paths, in
    the order of their dependencies."""
    wanted = set(names)
    order = stack.dependencies_first()
    found = [
        container
        for container in engine.containers(stack.project)
        if container.state in ACTIVE
        and container.service in order
        and any(mount.source in wanted for mount in container.mounts)
    ]
    return sorted(found, key=lambda container: (order.index(container.service), container.name))


def relying_on(stack: Stack, services: Iterable[str]) -> tuple[str, ...]:
    """These services and all that depend on them, directly or not, each after those that it depends on."""
    found = set(services)
    order = stack.dependencies_first()
    for name in order:
        service = stack.service(name)
        if service and found.intersection(service.depends_on):
            found.add(name)
    return tuple(name for name in order if name in found)


def lacking(stack: Stack, containers: Sequence[ContainerInfo]) -> dict[str, tuple[str, ...]]:
    """The services that cannot be well because others, which they need directly or not, are stopped; with the
    names of those. One that has no container at all was left out on purpose."""
    active = {container.service for container in containers if container.state in ACTIVE}
    stopped = {container.service for container in containers} - active
    found: dict[str, tuple[str, ...]] = {}
    for name in stack.dependencies_first():
        service = stack.service(name)
        needed = [one for one in service.depends_on if one not in service.jobs] if service else []
        missing = {one for one in needed if one in stopped}.union(*(found.get(one, ()) for one in needed))
        if missing:
            found[name] = tuple(sorted(missing))
    return found


def stop_all(engine: Engine, stopped: Sequence[Stopped]) -> None:
    """Stop containers, those that depend on others first; fine for those that are stopped or gone."""
    for each in reversed(stopped):
        if engine.running(each.container):
            engine.stop(each.container)


def start_all(engine: Engine, stack: Stack, stopped: Sequence[Stopped]) -> None:
    """Start containers, those that others depend on first. One that was made anew since is found by its
    service. Tries all of them before it raises EngineFailed for the first that cannot be started."""
    failed: EngineFailed | None = None
    now = {container.id: container for container in engine.containers(stack.project)}
    for each in stopped:
        heirs = (found.id for found in now.values() if found.service == each.service and not found.one_off)
        container = each.container if each.container in now else next(heirs, None)
        if container is None:
            failed = failed or EngineFailed(f"the container of service {each.service!r} is gone")
            continue
        try:
            engine.start(container)
        except EngineFailed as error:
            failed = failed or error
    if failed is not None:
        raise failed


def wait_until_well(
    engine: Engine,
    stack: Stack,
    services: Sequence[str],
    patience: float,
    *,
    since: float,
    changed: datetime | None = None,
    unwell: list[NotWell] | None = None,
) -> dict[str, float]:
    """Return when every service runs, and is healthy where it can tell: for each the seconds from `since`
    (of time.monotonic) until it was. For services that went on running while their data changed, `changed`
    tells when: only a health check that began later counts, unless none does within `patience` seconds.

    Raises NotWell naming one that ended, or is not well within `patience` seconds. With a list `unwell` it
    does not: all are waited for, and those that are not well get into the list and not into what is returned.
    """
    begun = time.monotonic()
    well: dict[str, float] = {}
    while True:
        found = {
            container.service: container
            for container in engine.containers(stack.project)
            if container.service in services and not container.one_off
        }
        late = time.monotonic() - begun > patience
        for name in services:
            container = found.get(name)
            if container is None or not _is_well(container, changed, late=late):
                well.pop(name, None)
            else:
                well.setdefault(name, time.monotonic())
        lost = {
            name: _not_well(name, found.get(name))
            for name in services
            if name not in well and _hopeless(found.get(name), late=late)
        }
        if lost and unwell is None:
            raise next(iter(lost.values()))
        if all(name in lost or (name in well and _steady(found[name], well[name])) for name in services):
            (unwell if unwell is not None else []).extend(lost.values())
            return {name: moment - since for name, moment in well.items()}
        time.sleep(_POLL_S)


def _is_well(container: ContainerInfo, changed: datetime | None, *, late: bool) -> bool:
    if not container.running or container.health not in ("", "healthy"):
        return False
    if not container.health or changed is None:
        return True
    if container.checked is None or container.checked <= changed:
        return late
    return container.failing == 0


def _steady(container: ContainerInfo, since: float) -> bool:
    return bool(container.health) or time.monotonic() - since >= _STEADY_S


def _hopeless(container: ContainerInfo | None, *, late: bool) -> bool:
    return late or container is None or container.state in ("exited", "dead")


def _not_well(name: str, container: ContainerInfo | None) -> NotWell:
    state = "its container is gone" if container is None else container.status
    health = f", {container.health}" if container and container.health else ""
    return NotWell(
        f"service {name!r} does not get well on the new data: {state}{health}",
        next_step=f"see `volops logs {name}`",
        service=name,
    )
