"""Which service is the database, and how its client is started in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from volops.config import VolumeSettings, load_settings
from volops.database_type import ConsoleType
from volops.errors import InvalidUse
from volops.model import Volume
from volops.plugins import Assignment, RegisteredType, Registry, assign, discover, isolated

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation


def console(
    invocation: Invocation, service: str | None, database: str, arguments: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """The service, the one that is named or else the only active one with a database, and the command that
    opens its client. Raises InvalidUse when it is not one, or when nothing tells whose client to open."""
    registry = discover()
    found = dict(_databases(invocation, registry))
    if service is None:
        service = _only(list(found))
    registered = found.get(service) or _any(service, registry)
    volume_type = registered.cls()
    if not isinstance(volume_type, ConsoleType):
        raise InvalidUse(f"volumes of type {registered.cls.name!r} have no client to open")
    what = f"type {registered.cls.name!r} ({registered.origin}) cannot tell its client"
    return service, tuple(isolated(what, volume_type.console, database, arguments))


def _only(services: Sequence[str]) -> str:
    if len(services) == 1:
        return services[0]
    if services:
        raise InvalidUse(
            "this stack has several database services", next_step=f"name one of: {', '.join(services)}"
        )
    raise InvalidUse(
        "no database service was recognised in this stack", next_step="name it: `volops db-shell SERVICE`"
    )


def _any(service: str, registry: Registry) -> RegisteredType:
    """The type of a service of which no volume tells it: the only one that has a client."""
    known = [each for each in registry.types.values() if issubclass(each.cls, ConsoleType)]
    if len(known) != 1:
        names = ", ".join(sorted(each.cls.name for each in known))
        raise InvalidUse(
            f"nothing tells which database service {service!r} is",
            next_step=f"say it of its volume, x-volops.volumes.VOLUME.type: {names}",
        )
    return known[0]


def _databases(invocation: Invocation, registry: Registry) -> Iterator[tuple[str, RegisteredType]]:
    """The active services that keep a database, and the type of its volume."""
    stack = invocation.compose.stack
    settings = load_settings(stack)
    for volume in stack.volumes:
        given = assign(volume, settings.volumes.get(volume.key, VolumeSettings()), registry)
        if given.type and issubclass(given.type.cls, ConsoleType) and volume.active:
            for name in _owners(given, given.type):
                yield name, given.type


def _owners(given: Assignment, registered: RegisteredType) -> list[str]:
    """Services whose own mount makes the volume a database; else those that may write to it."""
    volume, volume_type = given.volume, registered.cls()
    active = [mount for mount in volume.mounts if mount.service.active]
    servers = []
    for mount in active:
        alone = Volume(volume.key, volume.name, volume.kind, mounts=(mount,))
        what = f"type {registered.cls.name!r} ({registered.origin}) failed to look at volume {volume.key!r}"
        if isolated(what, volume_type.detect, alone):
            servers.append(mount.service.name)
    return servers or [mount.service.name for mount in active if not mount.read_only]
