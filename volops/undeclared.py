"""Volumes that containers of a stack have and that its compose file does not cover: an image asks for a
volume of its own (`VOLUME`), a service has several containers, the file has changed since they were made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from volops.docker_records import HASH_LABEL
from volops.engine import LABEL_HELPER, ContainerInfo
from volops.model import Mount, Stack, Volume, VolumeKind

_NUMBER = "com.docker.compose.container-number"


def services_first_to_last(containers: Iterable[ContainerInfo]) -> list[ContainerInfo]:
    """The containers that compose made for services, those of one in its own order; no one-off ones. Others
    may have inherited the project's label from an image that compose built."""
    return sorted(filter(_of_a_service, containers), key=_number)


def undeclared_volumes(stack: Stack, containers: Iterable[ContainerInfo]) -> tuple[Volume, ...]:
    """Those volumes, called `SERVICE:PATH`, or `SERVICE:PATH#2` and so on where that is another. Of services
    that the compose file does not know nothing is told."""
    known = {volume.name for volume in stack.volumes}
    keys = {volume.key for volume in stack.volumes}
    found: dict[str, Volume] = {}
    for container in services_first_to_last(containers):
        service = stack.service(container.service)
        # The engine tells them in no order.
        for place in sorted(container.mounts, key=lambda mount: mount.target):
            if service is None or place.kind != "volume" or place.source in known:
                continue
            mount = Mount(service, place.target, read_only=not place.writable)
            if volume := found.get(place.source):
                found[place.source] = replace(volume, mounts=(*volume.mounts, mount))
                continue
            key = _free(f"{service.name}:{place.target}", keys)
            keys.add(key)
            found[place.source] = Volume(
                key, place.source, VolumeKind.ANONYMOUS, mounts=(mount,), declared=False
            )
    return tuple(found.values())


def _free(key: str, taken: set[str]) -> str:
    number = 2
    wanted = key
    while wanted in taken:
        wanted, number = f"{key}#{number}", number + 1
    return wanted


def _of_a_service(container: ContainerInfo) -> bool:
    labels = container.labels
    return not container.one_off and HASH_LABEL in labels and LABEL_HELPER not in labels


def _number(container: ContainerInfo) -> tuple[str, int, str]:
    number = container.labels.get(_NUMBER, "")
    return container.service, int(number) if number.isdecimal() else 0, container.name
