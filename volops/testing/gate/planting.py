"""Data planted in every volume by its own type, and looked for again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from volops.config import VolumeSettings, load_settings
from volops.errors import ServiceNotReady, VolopsError
from volops.file_tree import FileTree
from volops.model import Criticality, VolumeKind
from volops.plugins import Assignment, assign, discover
from volops.source import LiveSource, Surroundings, look_around
from volops.testing.gate.copying import StackCopy
from volops.testing.gate.original import Original
from volops.volume_type import VolumeType
from volops.workspace import Workspace

_PATIENCE_S = 60.0
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Planted:
    """What came of one volume: whether its datum was there, or `trouble`, why nobody can know."""

    volume: str
    type: str
    found: bool
    trouble: str = ""


def plantable(workspace: Workspace) -> tuple[list[Assignment], dict[str, str]]:
    """The volumes that the criteria are about, and the others with the reason why not.

    Named volumes are, whatever their type; so are anonymous ones of a type that was recognised or configured,
    and bind mounts on which a server keeps its files.
    """
    return _sorted(workspace.assignments)


def kept_files(original: Original) -> list[str]:
    """Keys of those of its volumes that hold files which nobody can make again, as uploads are."""
    settings, registry = load_settings(original.stack), discover()
    assigned = [
        assign(volume, settings.volumes.get(volume.key, VolumeSettings()), registry)
        for volume in original.stack.volumes
    ]
    return [
        given.volume.key
        for given in _sorted(assigned)[0]
        if given.type is not None
        and issubclass(given.type.cls, FileTree)
        and given.type.cls.criticality in (Criticality.CRITICAL, Criticality.IMPORTANT)
    ]


def _sorted(assigned: Iterable[Assignment]) -> tuple[list[Assignment], dict[str, str]]:
    asked, others = [], {}
    for given in assigned:
        kind, known = given.volume.kind, given.detected or given.explicit
        if not given.volume.mounts:
            others[given.volume.key] = "no active service mounts it"
        elif kind is VolumeKind.BIND and (not known or _of_files(given) or _read_only(given)):
            others[given.volume.key] = "a directory of the source, of which the services have a copy"
        elif kind is VolumeKind.ANONYMOUS and not known:
            others[given.volume.key] = "it has no name, so it ends with its container"
        elif _memory(given):
            others[given.volume.key] = "it is kept in memory"
        else:
            asked.append(given)
    return asked, others


def plant(copy: StackCopy, token: str) -> list[Planted]:
    """Write a datum into each of those volumes, as its service would. The services have to run."""
    return list(_each(copy, token, planting=True))


def find(copy: StackCopy, token: str) -> list[Planted]:
    """Look for the datum in each of those volumes."""
    return list(_each(copy, token, planting=False))


def _each(copy: StackCopy, token: str, *, planting: bool) -> Iterator[Planted]:
    workspace = copy.open()
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    for given in plantable(workspace)[0]:
        if given.type is None or given.problem is not None:
            kind = given.type.cls.name if given.type else ""
            yield Planted(given.volume.key, kind, found=False, trouble=str(given.problem))
        else:
            yield _of_one(around, given, given.type.cls(), token, planting=planting)


def _of_one(
    around: Surroundings, given: Assignment, kind: VolumeType, token: str, *, planting: bool
) -> Planted:
    """A server that says it is not ready yet is asked again for a while."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with LiveSource(around, given.volume, kind, given.options) as source:
                if planting:
                    kind.plant(source, token)
                return Planted(given.volume.key, kind.name, kind.found(source, token))
        except ServiceNotReady as error:
            if time.monotonic() > until:
                return Planted(given.volume.key, kind.name, found=False, trouble=str(error))
            time.sleep(_POLL_S)
        except VolopsError as error:
            return Planted(given.volume.key, kind.name, found=False, trouble=str(error))


def _of_files(given: Assignment) -> bool:
    return given.type is None or issubclass(given.type.cls, FileTree)


def _read_only(given: Assignment) -> bool:
    return all(mount.read_only for mount in given.volume.mounts)


def _memory(given: Assignment) -> bool:
    return given.volume.driver_options.get("type") == "tmpfs"
