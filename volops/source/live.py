"""`volops.volume_type.Source` on a real engine."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Generator, Iterator, Mapping, MutableMapping, Sequence
from itertools import count
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from volops import gnu_tar
from volops.engine import ContainerInfo, HelperSpec
from volops.errors import EngineFailed, ServiceNotRunning
from volops.model import Mount, StoredArtifact, Volume, VolumeKind
from volops.mover import ContainerShell, HelperShell
from volops.mover.beginning import begun
from volops.source.engine_archive import parts
from volops.source.shells import NEEDS_IMAGE, Shells, TarShell, owner
from volops.source.surroundings import Surroundings
from volops.tar import ends_whole
from volops.volume_type import VolumeType

_READ = ("DAC_READ_SEARCH",)
_WRITE = ("DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "CHOWN")
_MOST_LINKS = 8


class LiveSource:
    """One volume of a run; a context manager that closes all it opened. `alone` tells that no other volume of
    the run is of its type, `names` whose the names of artifacts are that the run has given away so far."""

    def __init__(
        self,
        surroundings: Surroundings,
        volume: Volume,
        volume_type: VolumeType,
        options: Any,
        *,
        everything: bool = False,
        alone: bool = True,
        names: MutableMapping[str, str] | None = None,
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
        self._names = {} if names is None else names
        self._warn = on_warning
        self._shells = Shells(surroundings, volume)
        self._archives = contextlib.ExitStack()

    def __enter__(self) -> LiveSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all that was opened."""
        try:
            self._archives.close()
        finally:
            self._shells.close()

    @property
    def target(self) -> PurePosixPath:
        return PurePosixPath(self._mount().target)

    def warn(self, message: str) -> None:
        self._warn(message)

    def file_name(self, stem: str, extension: str, part: str = "") -> str:
        own, key = ([part] if part else []), self.volume.key
        possible = (
            f"{stem}_{self.stamp}" + "".join(f".{_fit(text)}" for text in parts) + extension
            for parts in _after_the_stamp(own, key, alone=self._alone)
        )
        return next(name for name in possible if self._names.setdefault(name, key) == key)

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
                content, path = gnu_tar.single_file(path, stream)
            except EngineFailed:
                return None
            if not path:
                return content
        return None

    def beside(self) -> HelperShell:
        container = self._container()
        spec = HelperSpec(
            container.image_id, (), ((*self._bind(), False),), join=container.id, capabilities=_READ
        )
        return self._shells.open("beside", spec)

    def tree(self) -> HelperShell:
        return self._tree("tree", writable=False)

    def writable_tree(self) -> HelperShell:
        return self._tree("writable", writable=True)

    def tar(self, *paths: str) -> Iterator[bytes]:
        found = self._shells.opened_with_tar("beside") or self._tree_or_none("tree", writable=False)
        if found is None or not found.version:
            stream = self._archive_by_engine(paths)
            self._archives.callback(stream.close)
        else:
            self.notes |= {"layout": "tree", "tar": found.version}
            stream = found.shell.stream(*gnu_tar.command(paths), ok=(0, 1), on_stderr=self._tar_said)
        return ends_whole(stream, f"the archive of {self.volume.key}")

    def _tar_said(self, text: str) -> None:
        said = gnu_tar.report(text)
        if said.entries is not None:
            self.notes["entries"] = said.entries
        for warning in said.warnings:
            self.warn(warning)

    @begun
    def _archive_by_engine(self, paths: Sequence[str]) -> Generator[bytes, None, None]:
        """Without any GNU tar: what the engine itself archives, and its losses said. Of several paths it
        archives the first at once and each other in its turn."""
        self.notes["layout"] = "tree" if paths else "engine"
        source, target = self._bind()
        images = self._around.images_for(self.volume)
        if self.volume.kind is VolumeKind.BIND or not images:
            raise self._no_helper(f"no local image has GNU tar, and {source!r} cannot be read without")
        self.warn("no local image has GNU tar: extended attributes, ACLs and parts of seconds are lost")
        engine = self._around.engine
        container = engine.create_idle(images[0], source, target)
        try:
            if paths:
                yield from _begins(
                    parts(paths, lambda path: engine.get_archive(container, f"{target}/{path}"))
                )
            else:
                yield from _begins(engine.get_archive(container, target))
        finally:
            engine.remove_container(container)

    def _mount(self) -> Mount:
        """That of the service the volume belongs to."""
        mount = owner(self.volume, self._type)
        if mount is None:
            raise EngineFailed(f"no service of this stack uses volume {self.volume.key!r}")
        return mount

    def _owner(self) -> str:
        return self._mount().service.name

    def _container(self) -> ContainerInfo:
        container = self._around.running(self._owner())
        if container is None:
            raise ServiceNotRunning(self._owner(), self._type.service_noun)
        return container

    def _tree(self, name: str, *, writable: bool) -> HelperShell:
        found = self._tree_or_none(name, writable=writable)
        if found is None:
            raise self._no_helper("no local image can be used for a helper container")
        return found.shell

    def _tree_or_none(self, name: str, *, writable: bool) -> TarShell | None:
        """A helper of the first image that has GNU tar, else of the first that can run at all."""
        self._require_volume()
        return self._shells.with_tar(name, (*self._bind(), writable), _WRITE if writable else _READ)

    def _require_volume(self) -> None:
        """Raises EngineFailed when the named volume is not there: it must not come into being empty."""
        name = self.volume.name
        if self.volume.kind is not VolumeKind.BIND and name not in self._around.engine.volumes([name]):
            raise EngineFailed(
                f"volume {name or self.volume.key!r} does not exist",
                next_step="`volops start` makes the stack's volumes",
            )

    def _no_helper(self, message: str) -> EngineFailed:
        """What to raise when no image was of use: the host's side of a bind mount may be what is missing."""
        name, here = self.volume.name, self._around.engine_info.local
        if self.volume.kind is VolumeKind.BIND and here and not Path(name).exists():
            way = "make it, or correct its path in the compose file"
            return EngineFailed(f"{name} does not exist on this machine", next_step=way)
        return EngineFailed(message + self._shells.refusal, next_step=NEEDS_IMAGE)

    def _bind(self) -> tuple[str, str]:
        """What to mount where: a bind mount of a single file becomes a tree that holds this file."""
        if self.volume.kind is VolumeKind.BIND and Path(self.volume.name).is_file():
            return self.volume.name, f"/volume/{Path(self.volume.name).name}"
        return self.volume.name, "/volume"


def _begins(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """`chunks`, and before them something empty once the first is there: whoever makes them has begun."""
    first = next(chunks, b"")
    yield b""
    yield first
    yield from chunks


def _after_the_stamp(own: list[str], key: str, *, alone: bool) -> Iterator[list[str]]:
    """What may come there, the shortest first: types know nothing of each other, and two may begin the names
    of their files with the same word."""
    if alone:
        yield own
    yield [key, *own]
    yield from ([key, str(number), *own] for number in count(2))


def _fit(text: str) -> str:
    """`text` as part of a file name; what had to be changed gets a digest, so that no two become one."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", text)[:60]
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
