"""One live volume as its type sees it: the containers that use it, and the helpers opened on its behalf."""

from __future__ import annotations

import contextlib
import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from volops.engine import ContainerInfo, Engine, EngineInfo, HelperSpec
from volops.errors import EngineFailed, ServiceNotRunning
from volops.model import Mount, Stack, StoredArtifact, Volume, VolumeKind
from volops.mover import ContainerShell, Helper, HelperShell
from volops.tar import ends_whole
from volops.volume_type import VolumeType

BASE_IMAGES = ("debian:trixie-slim", "debian:bookworm-slim")
_READ = ("DAC_READ_SEARCH",)
_WRITE = ("DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "CHOWN")
_BESIDE = ("DAC_OVERRIDE", "DAC_READ_SEARCH", "SYS_PTRACE", "SETUID", "SETGID")
_TAR = (
    "LC_ALL=C tar --create --format=posix --sort=name --xattrs --xattrs-include='*' --acls --numeric-owner "
    "--sparse --pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f "
    '--verbose --index-file=/tmp/index --directory=/volume -- "$@"; code=$?; '
    'echo "entries $(wc -l </tmp/index)" >&2; exit $code'
)
_MOST_WARNINGS = 50


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all volumes of one run share. `helper_images` are tried in order for GNU tar."""

    engine: Engine
    engine_info: EngineInfo
    stack: Stack
    stamp: str
    run: str
    containers: tuple[ContainerInfo, ...]
    helper_images: list[str] = field(default_factory=list)

    def running(self, service: str) -> ContainerInfo | None:
        """The first running container of a service; one-off containers of `compose run` do not count."""
        mine = (c for c in self.containers if c.service == service and c.running and not c.one_off)
        return next(mine, None)


def look_around(engine: Engine, stack: Stack, stamp: str, helper_image: str | None = None) -> Surroundings:
    """The surroundings of a run that starts now. `helper_image` is what the user wants helpers to be made of.

    Raises EngineFailed when that image is not there.
    """
    preferred = [] if helper_image is None else [engine.image_id(helper_image)]
    if None in preferred:
        raise EngineFailed(
            f"helper image {helper_image!r} is not on this engine", next_step=f"docker pull {helper_image}"
        )
    return Surroundings(
        engine=engine,
        engine_info=engine.info(),
        stack=stack,
        stamp=stamp,
        run=uuid.uuid4().hex,
        containers=tuple(engine.containers(stack.project)),
        helper_images=[image for image in preferred if image],
    )


class LiveSource:
    """`volops.volume_type.Source` on a real engine; a context manager that closes all it opened."""

    def __init__(
        self,
        surroundings: Surroundings,
        volume: Volume,
        volume_type: VolumeType,
        options: Any,
        *,
        everything: bool = False,
        alone: bool = True,
        on_warning: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._around = surroundings
        self.volume = volume
        self.options = options
        self.stamp = surroundings.stamp
        self.everything = everything
        self.notes: dict[str, Any] = {}
        self.artifacts: tuple[StoredArtifact, ...] = ()
        self._type = volume_type
        self._alone = alone
        self._warn = on_warning
        self._open: dict[str, tuple[Helper, HelperShell]] = {}
        self._gnu_tar = False

    def __enter__(self) -> LiveSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.ExitStack() as closing:
            for helper, _ in self._open.values():
                closing.callback(helper.close)

    def warn(self, message: str) -> None:
        self._warn(message)

    def file_name(self, stem: str, extension: str, part: str = "") -> str:
        parts = [] if self._alone else [self.volume.key]
        parts += [part] if part else []
        return f"{stem}_{self.stamp}" + "".join(f".{_fit(text)}" for text in parts) + extension

    def environment(self) -> Mapping[str, str]:
        return self._container().environment

    def service(self) -> ContainerShell:
        return ContainerShell(self._around.engine, self._container().id)

    def beside(self) -> HelperShell:
        container = self._container()
        return self._helper(
            "beside", HelperSpec(container.image_id, (), join=container.id, capabilities=_BESIDE)
        )

    def tree(self) -> HelperShell:
        return self._tree("tree", writable=False)

    def writable_tree(self) -> HelperShell:
        return self._tree("writable", writable=True)

    def tar(self, *paths: str) -> Iterator[bytes]:
        shell = self.tree()
        if not self._gnu_tar:
            yield from self._archive_by_engine()
            return
        self.notes["layout"] = "tree"
        chosen = [f"./{path.lstrip('/')}" for path in paths] or ["."]
        stream = shell.stream("/bin/sh", "-c", _TAR, "tar", *chosen, ok=(0, 1), on_stderr=self._tar_said)
        yield from ends_whole(stream, f"the archive of {self.volume.key}")

    def _tar_said(self, text: str) -> None:
        lines = [line.removeprefix("tar: ") for line in text.splitlines() if line]
        if lines and lines[-1].startswith("entries "):
            self.notes["entries"] = int(lines.pop().removeprefix("entries "))
        for line in lines[:_MOST_WARNINGS]:
            self.warn(line)
        if len(lines) > _MOST_WARNINGS:
            self.warn(f"and {len(lines) - _MOST_WARNINGS} more warnings of this kind")

    def _archive_by_engine(self) -> Iterator[bytes]:
        """Without any GNU tar: what the engine itself archives, and its losses said."""
        self.notes["layout"] = "engine"
        self.warn("no local image has GNU tar: extended attributes, ACLs and parts of seconds are lost")
        source, target = self._bind()
        if self.volume.kind is VolumeKind.BIND:
            raise EngineFailed(
                f"no local image has GNU tar, and a bind mount ({source}) cannot be read without",
                next_step="set helper_image in x-volops to a local image that has it",
            )
        engine = self._around.engine
        container = engine.create_idle(self._images()[0], source, target)
        try:
            stream = engine.get_archive(container, target)
            yield from ends_whole(stream, f"the archive of {self.volume.key}")
        finally:
            engine.remove_container(container)

    def _container(self) -> ContainerInfo:
        owner = min(self.volume.mounts, key=self._claim, default=None)
        if owner is None:
            raise EngineFailed(f"no service of this stack uses volume {self.volume.key!r}")
        container = self._around.running(owner.service.name)
        if container is None:
            raise ServiceNotRunning(owner.service.name, self._type.service_noun)
        return container

    def _claim(self, mount: Mount) -> tuple[bool, bool]:
        """Sorts first the service whose own mount makes the volume one of this type, then who writes."""
        alone = Volume(self.volume.key, self.volume.name, self.volume.kind, mounts=(mount,))
        return not self._type.detect(alone), mount.read_only

    def _helper(self, name: str, spec: HelperSpec) -> HelperShell:
        if name not in self._open:
            around = self._around
            helper = Helper(around.engine, replace(spec, run=around.run), local=around.engine_info.local)
            self._open[name] = helper, HelperShell(around.engine, helper)
        return self._open[name][1]

    def _tree(self, name: str, *, writable: bool) -> HelperShell:
        if name in self._open:
            return self._open[name][1]
        bind = (*self._bind(), writable)
        capabilities = _WRITE if writable else _READ
        spare: HelperSpec | None = None
        refused: EngineFailed | None = None
        for image in self._images():
            spec = HelperSpec(image, (), (bind,), capabilities=capabilities)
            try:
                shell = self._helper(name, spec)
            except EngineFailed as error:
                refused = error
                continue
            if "GNU tar" in shell.run("/bin/sh", "-c", "tar --version 2>&1", ok=range(256)).text:
                self._prefer(image)
                self._gnu_tar = True
                return shell
            spare = spare or spec
            self._open.pop(name)[0].close()
        if spare is None:
            raise refused or EngineFailed(
                "no local image can be used for a helper container",
                next_step="set helper_image in x-volops to a local image with GNU tar",
            )
        return self._helper(name, spare)

    def _bind(self) -> tuple[str, str]:
        """What to mount where: a bind mount of a single file becomes a tree that holds this file."""
        if self.volume.kind is VolumeKind.BIND and Path(self.volume.name).is_file():
            return self.volume.name, f"/volume/{Path(self.volume.name).name}"
        return self.volume.name, "/volume"

    def _images(self) -> list[str]:
        """Ids of local images to try, the likeliest first; made once a run."""
        images = self._around.helper_images
        if len(images) <= 1:
            mine = {mount.service.name for mount in self.volume.mounts}
            containers = sorted(self._around.containers, key=lambda found: found.service not in mine)
            images.extend(container.image_id for container in containers)
            named = [service.image for service in self._around.stack.services]
            images.extend(filter(None, map(self._around.engine.image_id, [*named, *BASE_IMAGES])))
        return list(dict.fromkeys(images))

    def _prefer(self, image: str) -> None:
        images = self._around.helper_images
        images.remove(image)
        images.insert(0, image)


def _fit(text: str) -> str:
    """`text` as part of a file name; what had to be changed gets a digest, so that no two become one."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", text)[:60]
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
