"""What a manifest says of the run itself: the stack, its images, its compose files, engine and tool."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import os
import platform
import tarfile
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from volops.catalog import Catalog
from volops.catalog.draft import PARTIAL_PREFIX
from volops.errors import NoComposeFile
from volops.manifest import (
    ArtifactRecord,
    BackupKind,
    EngineRecord,
    FileRecord,
    Manifest,
    ServiceRecord,
    StackRecord,
    ToolRecord,
    VolumeRecord,
)
from volops.model import Artifact, Service, Stack
from volops.source import Surroundings


def free_stamp(catalog: Catalog, stem: str) -> str:
    """The time as YYYYMMDD_HHMMSS, once no backup has it: two runs within one second get two names.

    To be asked for under the catalog's lock.
    """
    taken = {entry.name.removeprefix(PARTIAL_PREFIX) for entry in catalog.entries()}
    while True:
        stamp = datetime.now().astimezone().strftime("%Y%m%d_%H%M%S")
        if f"{stem}_{stamp}" not in taken:
            return stamp
        time.sleep(0.1)


def describe_run(
    around: Surroundings,
    name: str,
    kind: BackupKind,
    started: datetime,
    volumes: tuple[VolumeRecord, ...],
    artifacts: tuple[ArtifactRecord, ...],
) -> Manifest:
    """The manifest of a run that ends now. Raises NoComposeFile when a compose file went away meanwhile."""
    stack, info = around.stack, around.engine_info
    return Manifest(
        name=name,
        kind=kind,
        created=started,
        finished=datetime.now(UTC),
        tool=ToolRecord(version=importlib.metadata.version("volops")),
        host=platform.node(),
        stack=StackRecord(
            project=stack.project,
            files=tuple(_file(path) for path in stack.files),
            services=tuple(_service(around, service) for service in stack.services),
        ),
        engine=EngineRecord(
            name=info.name,
            version=info.version,
            api_version=info.api_version,
            operating_system=info.operating_system,
        ),
        volumes=volumes,
        artifacts=artifacts,
    )


def _file(path: Path) -> FileRecord:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoComposeFile(
            f"compose file {path} cannot be read any more: {error.strerror}",
            next_step="put it back and take the backup again",
        ) from error
    return FileRecord(path=str(path), sha256=hashlib.sha256(content).hexdigest())


def _service(around: Surroundings, service: Service) -> ServiceRecord:
    """With the image its container runs, which may be older than the one its name means now."""
    container = around.running(service.name)
    image = container.image_id if container else around.engine.image_id(service.image)
    return ServiceRecord(
        name=service.name,
        image=service.image,
        image_id=image or "",
        digests=around.engine.image_digests(image) if image else (),
    )


def compose_files(stack: Stack, referred: Iterable[Path], stamp: str) -> Artifact:
    """The compose files, those that they refer to, `.env` and env files of the project as a tar archive:
    without them volumes are no application.

    Paths in it are relative to the project's directory; a file from elsewhere keeps only its name, after a
    number where that is another's. What a link points to is in it, not the link.
    """
    return Artifact(compose_files_name(stamp), "application/x-tar", _archive(stack, referred))


def compose_files_name(stamp: str) -> str:
    """The name of that archive in the run of that stamp."""
    return f"compose_files_{stamp}.tar"


def _archive(stack: Stack, referred: Iterable[Path]) -> Iterator[bytes]:
    buffer = io.BytesIO()
    names: dict[str, Path] = {}
    for path in dict.fromkeys([*stack.files, *referred, stack.directory / ".env", *stack.env_files]):
        if path.is_file():
            names[_free_name(_name_in(stack.directory, path), names)] = path
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, dereference=True) as archive:
        for name, path in names.items():
            archive.add(path, arcname=name, recursive=False)
    yield buffer.getvalue()


def _free_name(name: str, taken: Collection[str]) -> str:
    numbered = (f"{number}/{name}" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)


def _name_in(directory: Path, path: Path) -> str:
    relative = Path(os.path.relpath(path, directory))
    return path.name if ".." in relative.parts else str(relative)
