"""`volops.volume_type.Source` on a real engine."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from volops.engine import ContainerInfo, HelperSpec
from volops.errors import EngineFailed, ServiceNotRunning
from volops.model import Mount, StoredArtifact, Volume, VolumeKind
from volops.mover import ContainerShell, Helper, HelperShell
from volops.source import archive
from volops.source.surroundings import Surroundings
from volops.tar import ends_whole
from volops.volume_type import VolumeType

_READ = ("DAC_READ_SEARCH",)
_WRITE = ("DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "CHOWN")
_NEEDS_IMAGE = "set helper_image in x-volops to a local image with GNU tar"
_MOST_LINKS = 8


class LiveSource:
    """One volume of a run; a context manager that closes all it opened."""

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
        self._tar_version = ""

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

    def service_file(self, path: str) -> bytes | None:
        owner = self._owner()
        container = self._around.container(owner)
        if container is None:
            raise ServiceNotRunning(owner, self._type.service_noun)
        for _ in range(_MOST_LINKS):
            try:
                stream = self._around.engine.get_archive(container.id, path)
                content, path = archive.single_file(path, stream)
            except EngineFailed:
                return None
            if not path:
                return content
        return None

    def beside(self) -> HelperShell:
        container = self._container()
        binds = ((*self._bind(), False),)
        return self._helper(
            "beside", HelperSpec(container.image_id, (), binds, join=container.id, capabilities=_READ)
        )

    def tree(self) -> HelperShell:
        return self._tree("tree", writable=False)

    def writable_tree(self) -> HelperShell:
        return self._tree("writable", writable=True)

    def tar(self, *paths: str) -> Iterator[bytes]:
        shell = self._beside_with_tar() or self._tree_or_none("tree", writable=False)
        if shell is None or not self._tar_version:
            stream = self._archive_by_engine()
        else:
            self.notes |= {"layout": "tree", "tar": self._tar_version}
            stream = shell.stream(*archive.command(paths), ok=(0, 1), on_stderr=self._tar_said)
        yield from ends_whole(stream, f"the archive of {self.volume.key}")

    def _tar_said(self, text: str) -> None:
        said = archive.report(text)
        if said.entries is not None:
            self.notes["entries"] = said.entries
        for warning in said.warnings:
            self.warn(warning)

    def _archive_by_engine(self) -> Iterator[bytes]:
        """Without any GNU tar: what the engine itself archives, and its losses said."""
        self.notes["layout"] = "engine"
        source, target = self._bind()
        images = self._around.images_for(self.volume)
        if self.volume.kind is VolumeKind.BIND or not images:
            raise EngineFailed(
                f"no local image has GNU tar, and {source!r} cannot be read without", next_step=_NEEDS_IMAGE
            )
        self.warn("no local image has GNU tar: extended attributes, ACLs and parts of seconds are lost")
        engine = self._around.engine
        container = engine.create_idle(images[0], source, target)
        try:
            yield from engine.get_archive(container, target)
        finally:
            engine.remove_container(container)

    def _owner(self) -> str:
        """Name of the service the volume belongs to."""
        owner = min(self.volume.mounts, key=self._claim, default=None)
        if owner is None:
            raise EngineFailed(f"no service of this stack uses volume {self.volume.key!r}")
        return owner.service.name

    def _container(self) -> ContainerInfo:
        container = self._around.running(self._owner())
        if container is None:
            raise ServiceNotRunning(self._owner(), self._type.service_noun)
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
        shell = self._tree_or_none(name, writable=writable)
        if shell is None:
            raise EngineFailed("no local image can be used for a helper container", next_step=_NEEDS_IMAGE)
        return shell

    def _tree_or_none(self, name: str, *, writable: bool) -> HelperShell | None:
        """A helper of the first image that has GNU tar, else of the first that can run at all."""
        if name in self._open:
            return self._open[name][1]
        self._require_volume()
        bind = (*self._bind(), writable)
        spare: HelperSpec | None = None
        for image in self._around.images_for(self.volume):
            spec = HelperSpec(image, (), (bind,), capabilities=_WRITE if writable else _READ)
            try:
                shell = self._helper(name, spec)
            except EngineFailed:
                continue
            if self._has_tar(shell):
                self._around.prefer(image)
                return shell
            spare = spare or spec
            self._open.pop(name)[0].close()
        return self._helper(name, spare) if spare else None

    def _beside_with_tar(self) -> HelperShell | None:
        """The helper beside the service, if it is open already and has GNU tar: it has the volume, too, and
        saves the time of another container."""
        if "beside" not in self._open or not self._has_tar(self._open["beside"][1]):
            return None
        return self._open["beside"][1]

    def _has_tar(self, shell: HelperShell) -> bool:
        self._tar_version = archive.gnu_version(shell.run(*archive.VERSION, ok=range(256)).text)
        return bool(self._tar_version)

    def _require_volume(self) -> None:
        """Raises EngineFailed when the named volume is not there: it must not come into being empty."""
        name = self.volume.name
        if self.volume.kind is not VolumeKind.BIND and name not in self._around.engine.volumes([name]):
            raise EngineFailed(
                f"volume {name or self.volume.key!r} does not exist",
                next_step="`volops start` makes the stack's volumes",
            )

    def _bind(self) -> tuple[str, str]:
        """What to mount where: a bind mount of a single file becomes a tree that holds this file."""
        if self.volume.kind is VolumeKind.BIND and Path(self.volume.name).is_file():
            return self.volume.name, f"/volume/{Path(self.volume.name).name}"
        return self.volume.name, "/volume"


def _fit(text: str) -> str:
    """`text` as part of a file name; what had to be changed gets a digest, so that no two become one."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", text)[:60]
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
