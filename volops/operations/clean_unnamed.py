"""Volumes without a name of their own, whose containers were removed: nothing on the engine tells any more
whose they are, so it is written down."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from volops.engine import ContainerInfo, Engine, VolumeInfo
from volops.store.durable import make_private, sync_directory, write_file

_FILE = "unnamed.json"
_LABEL = "com.docker.volume.anonymous"
"""The engine's label on a volume that an image asks for. One that the compose file asks for has none."""
_INVENTED = re.compile(r"[0-9a-f]{64}")
_NOBODY = ""


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


def remember(state: Path, project: str, names: Collection[str]) -> None:
    """Keep in mind that these are the project's; what was kept in mind before stays there."""
    known = _read(state)
    _write(state, {**known, project: known.get(project, set()).union(names)})


def remembered(state: Path, project: str) -> set[str]:
    """What is kept in mind of the project; nothing when that cannot be read. Projects that keep their backups
    in one directory have one file."""
    return _read(state).get(project, set())


def forget(state: Path, project: str, names: Collection[str]) -> None:
    """These are gone."""
    known = _read(state)
    if not known.get(project, set()).isdisjoint(names):
        _write(state, {**known, project: known[project].difference(names)})


def _read(state: Path) -> dict[str, set[str]]:
    """The names by project. A list, as an earlier volops wrote it, does not say whose they are: nobody's."""
    try:
        noted = json.loads((state / _FILE).read_text("utf-8"))
        by_project = {_NOBODY: noted} if isinstance(noted, list) else noted
        return {str(project): set(map(str, names)) for project, names in by_project.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(state: Path, known: Mapping[str, Collection[str]]) -> None:
    make_private(state)
    noted = {project: sorted(names) for project, names in known.items() if names}
    write_file(state, _FILE, [json.dumps(noted).encode()])
    sync_directory(state)
