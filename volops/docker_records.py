"""The Docker Engine API's JSON answers turned into the records of `volops.engine`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from volops.engine import ContainerInfo, MountInfo, NetworkInfo, VolumeInfo

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
HASH_LABEL = "com.docker.compose.config-hash"
"""On every container that compose itself made; the others may be inherited from an image that it built."""
ONEOFF_LABEL = "com.docker.compose.oneoff"


def container_info(answer: Mapping[str, Any]) -> ContainerInfo:
    """A ContainerInfo from the answer of `GET /containers/{id}/json`."""
    config, state = answer["Config"], answer["State"]
    labels = config.get("Labels") or {}
    health = state.get("Health") or {}
    environment = dict(item.partition("=")[::2] for item in config.get("Env") or ())
    return ContainerInfo(
        id=answer["Id"],
        name=answer["Name"].lstrip("/"),
        service=labels.get(SERVICE_LABEL, ""),
        project=labels.get(PROJECT_LABEL, ""),
        image=config["Image"],
        image_id=answer["Image"],
        state=state["Status"],
        health=health.get("Status", ""),
        status=_status(state),
        one_off=labels.get(ONEOFF_LABEL, "False") == "True",
        mounts=tuple(_mount_info(mount) for mount in answer.get("Mounts") or ()),
        ports=_ports((answer.get("NetworkSettings") or {}).get("Ports") or {}),
        environment=environment,
        labels=labels,
        checked=_checked(health),
        failing=health.get("FailingStreak", 0),
    )


def volume_info(answer: Mapping[str, Any]) -> VolumeInfo:
    """A VolumeInfo from the answer of `GET /volumes/{name}` or an element of `GET /volumes`."""
    return VolumeInfo(
        name=answer["Name"],
        driver=answer["Driver"],
        mountpoint=answer.get("Mountpoint", ""),
        labels=answer.get("Labels") or {},
        options=answer.get("Options") or {},
    )


def network_info(answer: Mapping[str, Any]) -> NetworkInfo:
    """A NetworkInfo from the answer of `GET /networks/{id}`."""
    attached = (answer.get("Containers") or {}).values()
    return NetworkInfo(answer["Id"], answer["Name"], tuple(sorted(each["Name"] for each in attached)))


def _checked(health: Mapping[str, Any]) -> datetime | None:
    """When the last check in the engine's list, which has the newest at its end, began."""
    log = health.get("Log") or []
    return datetime.fromisoformat(log[-1]["Start"]) if log else None


def _status(state: Mapping[str, Any]) -> str:
    if state["Status"] == "exited":
        return f"exited ({state['ExitCode']})"
    return str(state["Status"])


def _mount_info(mount: Mapping[str, Any]) -> MountInfo:
    kind = mount["Type"]
    return MountInfo(
        kind=kind,
        source=mount.get("Name", "") if kind == "volume" else mount.get("Source", ""),
        target=mount["Destination"],
        writable=bool(mount.get("RW", True)),
    )


def _ports(ports: Mapping[str, Any]) -> tuple[str, ...]:
    shown = (
        f"{binding['HostIp'] or '*'}:{binding['HostPort']}->{inside}"
        for inside, bindings in sorted(ports.items())
        for binding in bindings or ()
    )
    return tuple(shown)
