"""What may not be cleaned: refused before anything is touched, naming who or what stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from volops.docker_records import HASH_LABEL, PROJECT_LABEL
from volops.engine import LABEL_HELPER, ContainerInfo, Engine, VolumeInfo
from volops.errors import InvalidUse, VolumeInUse
from volops.model import Stack, Volume, VolumeKind
from volops.operations.clean_places import host_path
from volops.services import ACTIVE
from volops.workspace import Workspace

_MACHINE = tuple(
    map(Path, ("/boot", "/etc", "/home", "/root", "/usr", "/var/lib", "/var/lib/docker", "/var/log"))
)
"""What is the machine's own, however much of it a service sees."""


def require_ours(engine: Engine, stack: Stack, volumes: Iterable[Volume]) -> None:
    """Raise VolumeInUse when a container outside the project mounts one of the volumes, running or not, or
    when one of the project's that belongs to none of its services runs on it: nobody would start that again.
    """
    for volume in volumes:
        for container in _mounting(engine, volume.name):
            if not belongs(container, stack.project):
                raise in_use(volume.key, container, stack.project)
            if container.state in ACTIVE and stack.service(container.service) is None:
                raise VolumeInUse(
                    f"volume {volume.key!r} is in use by container {container.name!r}, "
                    f"whose service {container.service!r} is not in the compose file",
                    next_step=f"end it with `docker rm --force {container.name}`",
                )


def require_no_strangers(engine: Engine, project: str, volumes: Iterable[str]) -> None:
    """Raise VolumeInUse when a container outside the project mounts one of these volumes of the engine."""
    for name in volumes:
        for container in _mounting(engine, name):
            if not belongs(container, project):
                raise in_use(name, container, project)


def belongs(container: ContainerInfo, project: str) -> bool:
    """True for a container that compose made for the project. One that somebody else made of an image that
    compose built has inherited the project's label from that."""
    return container.project == project and HASH_LABEL in container.labels


def in_use(volume: str, container: ContainerInfo, project: str) -> VolumeInUse:
    """The error for a container outside the project."""
    if LABEL_HELPER in container.labels:
        return VolumeInUse(
            f"volume {volume!r} is being read by another run of volops", next_step="wait until it has ended"
        )
    other = container.project not in ("", project)
    whose = f"project {container.project!r}" if other else "no project"
    return VolumeInUse(
        f"volume {volume!r} is in use by container {container.name!r} of {whose}: nothing was removed",
        next_step=f"remove that container first: `docker rm --force {container.name}`",
    )


def require_cleanable(
    workspace: Workspace, volumes: Iterable[Volume], infos: Mapping[str, VolumeInfo]
) -> None:
    """Raise InvalidUse for a volume that compose made for another project, and for a bind mount, or a volume
    that is one by its options, which holds the project itself, its backups or directories of the machine, or
    is a single file. `infos` is what the engine knows of them."""
    for volume in volumes:
        info = infos.get(volume.name)
        if other := others_project(workspace.stack, volume, info):
            raise InvalidUse(
                f"volume {volume.key!r} belongs to project {other!r}: nothing was removed",
                next_step="clean it there, or say `external: true` of it in the compose file",
            )
        path = host_path(volume, info)
        if path is None:
            continue
        called = f"bind mount {path}" if volume.kind is VolumeKind.BIND else f"volume {volume.key!r} ({path})"
        if not path.is_absolute():
            raise InvalidUse(
                f"{called} begins wherever the engine was started",
                next_step="say `device` of it from the root",
            )
        if place := held_in(workspace, path):
            raise InvalidUse(
                f"{called} holds {place}, which volops does not delete",
                next_step="delete by hand what you do not want in it",
            )
        if path.is_file():
            raise InvalidUse(f"{called} is a single file", next_step="delete it by hand")


def others_project(stack: Stack, volume: Volume, info: VolumeInfo | None) -> str:
    """The other project for which compose made the volume; empty for the stack's own, one that nobody claims,
    and one that the compose file itself calls external."""
    owner = info.labels.get(PROJECT_LABEL, "") if info and not volume.external else ""
    return owner if owner != stack.project else ""


def held_in(workspace: Workspace, directory: Path) -> Path | None:
    """What a directory of the host holds that must not go: the project, its backups, directories of the
    machine."""
    stack, path = workspace.stack, directory.resolve()
    own = (stack.directory, *stack.files, workspace.records, workspace.state)
    return next((place for place in (*own, *_MACHINE) if place.resolve().is_relative_to(path)), None)


def _mounting(engine: Engine, source: str) -> list[ContainerInfo]:
    """Containers that mount that volume or host path; the engine's own filter also looks at targets. A helper
    of volops that was never started is nobody's any more."""
    return [
        container
        for container in engine.containers_using(source)
        if any(mount.source == source for mount in container.mounts)
        and (container.running or LABEL_HELPER not in container.labels)
    ]
