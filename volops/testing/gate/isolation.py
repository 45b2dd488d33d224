"""The resolved project as another one, which shares no name, port or address with anything."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from volops.config import SECTION
from volops.testing.gate.refusals import LEFT_OUT

LABEL = "volops.gate"
"""On everything that a copy has on the engine; its value is the project that was copied."""
_ADDRESSES = ("ipv4_address", "ipv6_address", "link_local_ips", "mac_address", "driver_opts")
_FOREVER = ("always", "unless-stopped")
_ON_FAILURE = {"condition": "on-failure"}
_DEFAULT = "default"
_SHARED_NETWORKS = ("bridge", "default")
"""Networks of the engine in which everybody's containers meet who ask for no other."""
_IN_MEMORY = re.compile(
    r"(size|mode|uid|gid|nr_inodes|nr_blocks)=\w+%?|rw|ro|(no)?(suid|dev|exec|atime)|relatime|inode(32|64)"
)
"""Options of tmpfs (tmpfs(5)); others, such as `bind`, would mount something else."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a copy is to live: its project name, the directory of its backups, where the sources of its bind
    mounts are, and which images it has of its own in the place of those that the project builds, by name.
    `directory` is that of the original."""

    name: str
    directory: Path
    backups: Path
    binds: Mapping[str, str]
    images: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Isolated:
    """`config` is for compose, dollar signs single; `changes` tells what differs from the original."""

    config: Mapping[str, Any]
    changes: tuple[str, ...]


def isolate(config: Mapping[str, Any], project: str, place: Place) -> Isolated:
    """The project `project`, resolved as `config`, as the project `place.name`. What cannot be copied has
    been refused before."""
    changes: list[str] = []
    services = {
        name: _service(name, said, project, place, changes)
        for name, said in (config.get("services") or {}).items()
    }
    result: dict[str, Any] = {"name": place.name, "services": services}
    for what, change in (("networks", _network), ("volumes", _volume)):
        said = config.get(what) or {}
        result[what] = {key: change(key, each or {}, project, place, changes) for key, each in said.items()}
    if any(_DEFAULT in (said.get("networks") or ()) for said in services.values()):
        # Compose would make it unasked, and without the label.
        own = _network(_DEFAULT, {"name": f"{project}_{_DEFAULT}"}, project, place, changes)
        result["networks"].setdefault(_DEFAULT, own)
    for what in ("configs", "secrets"):
        said = config.get(what) or {}
        result[what] = {
            key: {name: value for name, value in each.items() if name != "name"} for key, each in said.items()
        }
    extension = config.get(SECTION) or {}
    result[SECTION] = {**extension, "backups": str(place.backups)}
    if extension.get("volumes"):
        result[SECTION]["volumes"] = dict(_settings(extension["volumes"], config, place))
    return Isolated(result, tuple(changes))


def escaped(value: Any) -> Any:
    """A value as a compose file has to have it, dollar signs doubled."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: escaped(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(each) for each in value]
    return value


def image_of(name: str, service: Mapping[str, Any], project: str) -> str:
    """The image of a service that the project builds, by the name that compose gives it; else nothing."""
    return str(service.get("image") or f"{project}-{name}") if service.get("build") else ""


def own_image(image: str, project: str, name: str) -> str:
    """What the copy `name` calls an image that `project` builds. The repository keeps its name, by which
    volume types know what runs in it."""
    if image.startswith(f"{project}-") and ":" not in image:
        return f"{name}-{image.removeprefix(f'{project}-')}"
    repository, _, tag = image.partition("@")[0].rpartition(":")
    return f"{repository if repository and '/' not in tag else image.partition('@')[0]}:{name}"


def _service(
    name: str, said: Mapping[str, Any], project: str, place: Place, changes: list[str]
) -> dict[str, Any]:
    apart = {*LEFT_OUT, "build", "image", "pull_policy"}
    service = {key: value for key, value in said.items() if key not in apart}
    service["labels"] = {LABEL: project}
    service |= _image(name, said, project, place)
    if str(said.get("restart") or "").partition(":")[0] in _FOREVER:
        service["restart"] = "on-failure"
    if said.get("ports"):
        service["ports"] = [_port(port) for port in said["ports"]]
        changes.append(f"{name}: free ports of 127.0.0.1 instead of {_ports(said['ports'])}")
    if policy := (said.get("deploy") or {}).get("restart_policy"):
        # Without a condition, and with any other than these, a container starts with the machine.
        kept = policy if policy.get("condition") in ("none", "on-failure") else {**policy, **_ON_FAILURE}
        service["deploy"] = {**said["deploy"], "restart_policy": kept}
    if said.get("network_mode") in _SHARED_NETWORKS:
        del service["network_mode"]
        service["networks"] = {_DEFAULT: {}}
        changes.append(f"{name}: in a network of the copy instead of the engine's own (`network_mode`)")
    if said.get("networks"):
        alias = said.get("container_name")
        service["networks"] = {key: _joined(each or {}, alias) for key, each in said["networks"].items()}
    if said.get("volumes"):
        service["volumes"] = [_mount(name, mount, place, changes) for mount in said["volumes"]]
    for key in ("container_name", "logging", "labels"):
        if said.get(key):
            shown = f" {said[key]!r}" if key == "container_name" else ""
            changes.append(f"{name}: without `{key}`{shown}")
    return service


def _image(name: str, said: Mapping[str, Any], project: str, place: Place) -> dict[str, Any]:
    """Its image and how it comes about: no image of the original is pulled, built or named anew. One that is
    there already is built only when somebody says so, as `up --build` does."""
    own = place.images.get(image_of(name, said, project) or str(said.get("image") or ""))
    if own is None:
        given = {key: said[key] for key in ("image", "pull_policy") if said.get(key)}
        return given if given.get("pull_policy") in (None, "never") else {**given, "pull_policy": "missing"}
    if not said.get("build"):
        return {"image": own}
    outside = ("tags", "cache_to", "labels")
    return {
        "image": own,
        "build": {key: value for key, value in said["build"].items() if key not in outside},
    }


def _port(port: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in port.items() if key not in ("published", "host_ip", "mode")}
    return {**kept, "host_ip": "127.0.0.1"}


def _ports(ports: list[Mapping[str, Any]]) -> str:
    return ", ".join(str(port.get("published") or f"any for {port.get('target')}") for port in ports)


def _joined(said: Mapping[str, Any], alias: str | None) -> dict[str, Any]:
    """How a service joins a network. Others may know it by the name that its container had."""
    kept = {key: value for key, value in said.items() if key not in _ADDRESSES}
    if alias:
        kept["aliases"] = [*dict.fromkeys([*(said.get("aliases") or ()), alias])]
    return kept


def _mount(name: str, mount: Mapping[str, Any], place: Place, changes: list[str]) -> dict[str, Any]:
    if mount.get("type") != "bind":
        return dict(mount)
    source = str(mount["source"])
    if place.binds.get(source, source) != source and not mount.get("read_only"):
        changes.append(f"{name}: a copy of {source} at {mount['target']}")
    return {**mount, "source": place.binds.get(source, source)}


def _network(
    key: str, said: Mapping[str, Any], project: str, place: Place, changes: list[str]
) -> dict[str, Any]:
    fixed = said.get("external") or (said.get("ipam") or {}).get("config") or said.get("driver_opts")
    other = said.get("driver") not in (None, "bridge", "default")
    if fixed or other or said.get("name") != f"{project}_{key}":
        changes.append(f"network {key}: a network of its own instead of {said.get('name', key)!r}")
    kept = {each: said[each] for each in ("internal", "attachable") if said.get(each)}
    return {"name": f"{place.name}_{key}", "labels": {LABEL: project}, **kept}


def _volume(
    key: str, said: Mapping[str, Any], project: str, place: Place, changes: list[str]
) -> dict[str, Any]:
    volume: dict[str, Any] = {"name": f"{place.name}_{key}", "labels": {LABEL: project}}
    options = said.get("driver_opts") or {}
    if _is_in_memory(options):
        volume["driver_opts"] = {**options, "device": "tmpfs"}
    elif options or said.get("driver") not in (None, "local"):
        changes.append(f"volume {key}: an ordinary one instead of one with options of its driver")
    if said.get("external") or said.get("name") != f"{project}_{key}":
        changes.append(f"volume {key}: a volume of its own instead of {said.get('name', key)!r}")
    return volume


def _is_in_memory(options: Mapping[str, Any]) -> bool:
    words = [word for word in str(options.get("o") or "").split(",") if word]
    return options.get("type") == "tmpfs" and all(map(_IN_MEMORY.fullmatch, words))


def _settings(said: Mapping[str, Any], config: Mapping[str, Any], place: Place) -> Iterator[tuple[str, Any]]:
    """Settings of the volumes that the copy has; those of bind mounts go by where the source is now."""
    for key, value in said.items():
        source = os.path.normpath(place.directory / Path(key).expanduser())
        if key in (config.get("volumes") or {}) or ":" in key:
            yield key, value
        elif source in place.binds:
            yield place.binds[source], value
