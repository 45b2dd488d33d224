"""One volume while it is made anew: its staging area as its type sees it, and its swap."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any

from volops.engine import HelperSpec
from volops.errors import EngineFailed, RestoreRefused
from volops.gnu_tar import unpacking
from volops.in_memory import UNHELD, in_memory, unheld
from volops.model import Artifact, Mount, Volume
from volops.mover import HelperShell
from volops.source import Surroundings
from volops.source.shells import NEEDS_IMAGE, Shells, TarShell, owner
from volops.staging import AREA, Swap
from volops.tar_screen import screened
from volops.volume_type import VolumeType

_FILES = ("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD", "SETFCAP")
_SERVER = ("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID")


@contextlib.contextmanager
def open_swap(surroundings: Surroundings, volume: Volume) -> Iterator[Swap]:
    """The swap of a volume alone, without anything staged. Raises EngineFailed when it cannot be opened."""
    with Shells(surroundings, volume) as shells:
        yield Swap(_with_tar(shells, "swap", volume.name).shell)


class StagingArea:
    """`volops.volume_type.Staging` on a real engine; a context manager that ends all its helpers.

    `name` is the volume that is restored into, which may be another than the stack's own. What is unpacked
    passes `volops.tar_screen`, the stricter way unless the archives are `trusted`.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        volume: Volume,
        volume_type: VolumeType,
        options: Any,
        facts: Mapping[str, Any],
        *,
        name: str = "",
        trusted: bool = True,
        on_warning: Callable[[str], None] = lambda _: None,
        artifacts: Callable[[], Iterator[Artifact]] = lambda: iter(()),
    ) -> None:
        self.volume = volume
        self.options = options
        self.facts = facts
        self.notes: dict[str, Any] = {}
        self._around = surroundings
        self._name = name or volume.name
        self._mount = owner(volume, volume_type)
        self._trusted = trusted
        self._warn = on_warning
        self._artifacts = artifacts
        self._shells = Shells(surroundings, volume)

    def __enter__(self) -> StagingArea:
        """Raises RestoreRefused where what is restored could not last."""
        engine = self._around.engine
        there = engine.volumes([self._name]).get(self._name)
        # One that is yet to be made is held by nobody either.
        new = there is None and in_memory(self.volume.driver, self.volume.driver_options)
        if new or unheld(engine, there):
            raise RestoreRefused(
                f"volume {self._name!r} cannot be restored: {UNHELD}",
                next_step=f"start what uses it: `volops start {' '.join(self.volume.services)}`",
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shells.close()

    @property
    def target(self) -> PurePosixPath:
        return PurePosixPath(self._owner().target)

    def environment(self) -> Mapping[str, str]:
        service = self._owner().service
        container = self._around.container(service.name)
        return container.environment if container else service.environment

    @property
    def command(self) -> tuple[str, ...]:
        return self._owner().service.command

    def warn(self, message: str) -> None:
        self._warn(message)

    def artifacts(self) -> Iterator[Artifact]:
        return self._artifacts()

    def swap(self) -> Swap:
        """The volume's swap. Its helper sees the whole volume; opened when first asked for."""
        return Swap(_with_tar(self._shells, "swap", self._name).shell)

    def image(self) -> HelperShell:
        return self._shells.open("image", HelperSpec(self._image(), (), capabilities=_SERVER))

    def tree(self) -> HelperShell:
        found = _with_tar(self._shells, "tree", f"{self._name}/{AREA}")
        self.notes["tar"] = found.version
        return found.shell

    def service(self) -> HelperShell:
        mount = self._owner()
        source = f"{self._name}/{AREA}"
        if mount.subpath:
            # An engine mounts no directory that is not there.
            self.tree().run("mkdir", "-p", "--", f"/volume/{mount.subpath}")
            source += f"/{mount.subpath}"
        spec = HelperSpec(self._image(), (), ((source, mount.target, True),), capabilities=_SERVER)
        return self._shells.open("service", spec)

    def untar(self, chunks: Iterable[bytes], directory: str = ".", *, below: str = "") -> None:
        name = f"the archive of {self.volume.key}"
        checked = screened(name, chunks, trusted=self._trusted, below=below)
        self.tree().feed(checked, *unpacking(str(PurePosixPath("/volume") / directory), below=below))

    def release(self) -> None:
        """End the helpers that work on the staging area, so that nothing uses it any more."""
        self._shells.end("tree", "service", "image")

    def _owner(self) -> Mount:
        if self._mount is None:
            raise RestoreRefused(f"no service of this stack uses volume {self.volume.key!r}")
        return self._mount

    def _image(self) -> str:
        """The image of the service's container, or else the one its name means."""
        service = self._owner().service
        container = self._around.container(service.name)
        image = container.image_id if container else self._around.engine.image_id(service.image)
        if image is None:
            raise RestoreRefused(
                f"image {service.image!r} of service {service.name!r} is not on this engine",
                next_step="get it with `docker compose pull` or `docker compose build`",
            )
        return image


def _with_tar(shells: Shells, name: str, source: str) -> TarShell:
    found = shells.with_tar(name, (source, "/volume", True), _FILES)
    if found is None or not found.version:
        message = f"no local image has GNU tar, which a restore needs{shells.refusal}"
        raise EngineFailed(message, next_step=NEEDS_IMAGE)
    return found
