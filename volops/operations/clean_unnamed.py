"""Volumes without a name of their own, whose containers were removed: nothing on the engine tells any more
whose they are, so it is written down."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path

from volops.engine import ContainerInfo, Engine, VolumeInfo
from volops.store.durable import make_private, sync_directory, write_file

_FILE = "unnamed.json"
_LABEL = "com.docker.volume.anonymous"
"""The engine's label on a volume that an image asks for. One that the compose file asks for has none."""
_INVENTED = re.compile(r"[0-9a-f]{64}")


def unnamed(engine: Engine, containers: Collection[ContainerInfo]) -> dict[str, str]:
    """The unnamed volumes that these containers mount, of the compose file or of their image: by name, where
    they are mounted."""
    places = {
        mount.source: f"{container.service or container.name}:{mount.target}"
        for container in containers
        for mount in container.mounts
        if mount.kind == "volume"
    }
    return {name: places[name] for name in only_unnamed(engine, places)}


def only_unnamed(engine: Engine, names: Collection[str]) -> dict[str, VolumeInfo]:
    """Those of the named volumes that exist, and whose name the engine has made up."""
    return {
        name: info
        for name, info in engine.volumes(names).items()
        if _LABEL in info.labels or _INVENTED.fullmatch(name)
    }


def remember(state: Path, names: Collection[str]) -> None:
    """Keep in mind that these are the project's; what was kept in mind before stays there."""
    _write(state, {*remembered(state), *names})


def remembered(state: Path) -> set[str]:
    """What is kept in mind; nothing when that cannot be read."""
    try:
        return {str(name) for name in json.loads((state / _FILE).read_text("utf-8"))}
    except (OSError, ValueError, TypeError):
        return set()


def forget(state: Path, names: Collection[str]) -> None:
    """These are gone."""
    known = remembered(state)
    if known.intersection(names):
        _write(state, known.difference(names))


def _write(state: Path, names: Collection[str]) -> None:
    make_private(state)
    write_file(state, _FILE, [json.dumps(sorted(names)).encode()])
    sync_directory(state)
