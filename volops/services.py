"""Stopping and starting the containers that use volumes, and knowing whether they are well."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from volops.engine import ContainerInfo, Engine
from volops.errors import EngineFailed, NotWell
from volops.journal import Stopped
from volops.model import Service, Stack

ACTIVE = frozenset({"running", "restarting", "paused"})
_POLL_S = 0.1
PATIENCE_S = 180.0
"""How long services may take to get well where nobody says."""
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


def stopping(
    engine: Engine, stack: Stack, noted: Iterable[Stopped], names: Iterable[str]
) -> tuple[Stopped, ...]:
    """`noted`, and whoever else uses one of the named volumes now, in the order of dependencies: containers
    that were made anew, or started, since the others were noted."""
    noted = tuple(noted)
    known = {each.container for each in noted}
    since = (Stopped(each.id, each.service) for each in users(engine, stack, names) if each.id not in known)
    order = stack.dependencies_first()
    return tuple(
        sorted(
            (*noted, *since),
            key=lambda each: order.index(each.service) if each.service in order else len(order),
        )
    )


def start_all(
    engine: Engine,
    stack: Stack,
    stopped: Sequence[Stopped],
    patience: float = PATIENCE_S,
    *,
    gone_is_fine: bool = False,
) -> tuple[str, ...]:
    """Start containers, and return their services. One that was made anew since is found by its service.

    Each starts once those that it depends on are as the compose file wants them: started, healthy, or ended
    if it is a job; or cannot become so by waiting, or `patience` seconds are over: `wait_until_well` tells
    then. Tries all before it raises EngineFailed for the first that cannot be started or, unless
    `gone_is_fine`, is not there any more.
    """
    failed: EngineFailed | None = None
    begun: list[str] = []
    waiting = list(stopped)
    deadline = time.monotonic() + patience
    while waiting:
        now = engine.containers(stack.project)
        since = len(begun)
        for each in tuple(waiting):
            ahead = {other.service for other in waiting if other.service != each.service}
            service = stack.service(each.service)
            held = _held_back(service, ahead, begun[since:], now) and time.monotonic() < deadline
            if held:
                continue
            waiting.remove(each)
            container = _now(each, now)
            if container is None:
                gone = EngineFailed(f"the container of service {each.service!r} is gone")
                failed = failed or (None if gone_is_fine else gone)
                continue
            try:
                engine.start(container)
            except EngineFailed as error:
                failed = failed or error
            else:
                begun.append(each.service)
        if waiting:
            time.sleep(_POLL_S)
    if failed is not None:
        raise failed
    return tuple(dict.fromkeys(begun))


def _now(each: Stopped, now: Sequence[ContainerInfo]) -> str | None:
    """The container itself, or the one that has taken its place."""
    if any(found.id == each.container for found in now):
        return each.container
    return next((found.id for found in now if found.service == each.service and not found.one_off), None)


def _held_back(
    service: Service | None, ahead: Collection[str], fresh: Collection[str], now: Sequence[ContainerInfo]
) -> bool:
    """Whether a service is not to start yet: one that it depends on is still to be started (`ahead`), or to
    get into the state that it wants; of those just started (`fresh`) `now` does not know."""
    if service is None:
        return False
    if any(name in ahead for name in service.depends_on):
        return True
    if any(name in fresh for name in (*service.healthy, *service.jobs)):
        return True
    return any(_is_coming(service, container) for container in now if not container.one_off)


def _is_coming(service: Service, container: ContainerInfo) -> bool:
    if container.state not in ("running", "restarting"):
        return False
    if container.service in service.jobs:
        return True
    return container.service in service.healthy and container.health == "starting"


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
        f"service {name!r} does not get well: {state}{health}",
        next_step=f"see `volops logs {name}`",
        service=name,
    )
