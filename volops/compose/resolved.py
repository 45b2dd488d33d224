"""From the JSON of `docker compose config` to services and volumes."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from volops.model import Mount, Service, Volume, VolumeKind

_NO_DATA = ("/dev", "/proc", "/sys")
_ORDER = (VolumeKind.NAMED, VolumeKind.ANONYMOUS, VolumeKind.BIND)


def services_of(config: Mapping[str, Any], active: Collection[str]) -> dict[str, Service]:
    """The services by name, in compose's order; an image that is not named is the one compose builds."""
    return {
        name: Service(
            name=name,
            image=said.get("image") or f"{config['name']}-{name}",
            active=name in active,
            profiles=tuple(said.get("profiles") or ()),
            depends_on=tuple(said.get("depends_on") or ()),
            jobs=tuple(_wanted(said, "service_completed_successfully")),
            healthy=tuple(_wanted(said, "service_healthy")),
            command=(*(said.get("entrypoint") or ()), *(said.get("command") or ())),
            environment={
                variable: str(value)
                for variable, value in (said.get("environment") or {}).items()
                if value is not None
            },
        )
        for name, said in (config.get("services") or {}).items()
    }


def _wanted(said: Mapping[str, Any], condition: str) -> Iterator[str]:
    """The services that must fulfil the condition before this one starts."""
    for name, how in (said.get("depends_on") or {}).items():
        if how.get("condition") == condition:
            yield name


def volumes_of(config: Mapping[str, Any], services: Mapping[str, Service]) -> tuple[Volume, ...]:
    """Named volumes first, then anonymous ones, then bind mounts; each with all its mounts.

    Left out is what holds no data: tmpfs, sockets, devices, and what the kernel makes up.
    """
    volumes = {key: _named(key, said) for key, said in (config.get("volumes") or {}).items()}
    for name, service in services.items():
        for volume, mount in _mounts(config, services, name, service):
            known = volumes.setdefault(volume.key, volume)
            volumes[volume.key] = replace(known, mounts=(*known.mounts, mount))
    return tuple(sorted(volumes.values(), key=lambda volume: _ORDER.index(volume.kind)))


def _named(key: str, said: Mapping[str, Any] | None) -> Volume:
    said = said or {}
    return Volume(
        key=key,
        name=said.get("name") or key,
        external=bool(said.get("external")),
        driver=said.get("driver") or "local",
        driver_options={name: str(value) for name, value in (said.get("driver_opts") or {}).items()},
        labels={name: str(value) for name, value in (said.get("labels") or {}).items()},
    )


def _mounts(
    config: Mapping[str, Any], services: Mapping[str, Service], name: str, service: Service
) -> Iterator[tuple[Volume, Mount]]:
    said = config["services"][name]
    for entry in said.get("volumes") or ():
        if volume := _volume_of(entry, name):
            options = entry.get("volume") or {}
            yield (
                volume,
                Mount(
                    service,
                    entry["target"],
                    read_only=bool(entry.get("read_only")),
                    subpath=options.get("subpath") or "",
                    nocopy=bool(options.get("nocopy")),
                ),
            )
    for reference in said.get("volumes_from") or ():
        other, _, mode = reference.partition(":")
        if other not in services:
            continue
        for volume, mount in _mounts(config, services, other, services[other]):
            yield volume, replace(mount, service=service, read_only=mount.read_only or mode == "ro")


def _volume_of(entry: Mapping[str, Any], service: str) -> Volume | None:
    source = entry.get("source") or ""
    if entry["type"] == "volume":
        return Volume(source, source) if source else _anonymous(service, entry["target"])
    if entry["type"] == "bind" and _may_hold_data(Path(source)):
        return Volume(key=source, name=source, kind=VolumeKind.BIND)
    return None


def _anonymous(service: str, target: str) -> Volume:
    """The engine invents its name; only the running container knows it."""
    return Volume(key=f"{service}:{target}", name="", kind=VolumeKind.ANONYMOUS)


def _may_hold_data(path: Path) -> bool:
    if any(path.is_relative_to(place) for place in _NO_DATA) or path.suffix == ".sock":
        return False
    try:
        mode = path.stat().st_mode
    except OSError:
        return True
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode)
