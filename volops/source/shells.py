"""The helpers that are opened for one volume."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from volops import gnu_tar
from volops.engine import HelperSpec
from volops.errors import EngineFailed
from volops.isolation import isolated
from volops.model import Mount, Volume
from volops.mover import Helper, HelperShell
from volops.source.surroundings import Surroundings
from volops.volume_type import VolumeType

NEEDS_IMAGE = "set helper_image in x-volops to a local image with GNU tar"


@dataclass(frozen=True, slots=True)
class TarShell:
    """A shell, and the version of the GNU tar in it; empty when it has none."""

    shell: HelperShell
    version: str


class Shells:
    """The helpers opened for one volume, each once, by the name of its purpose; a context manager that
    closes them. Several threads may ask for the same one: all get it, and it is opened once."""

    def __init__(self, surroundings: Surroundings, volume: Volume) -> None:
        self._around = surroundings
        self._volume = volume
        self._open: dict[str, tuple[Helper, HelperShell]] = {}
        self._versions: dict[str, str] = {}
        self._opening: dict[str, threading.RLock] = {}
        self.refusal = ""
        """Why the engine made a helper of no image at all, to be put behind a sentence; empty when it did."""

    def __enter__(self) -> Shells:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all of them."""
        self.end(*self._open)

    def end(self, *names: str) -> None:
        """End these, all at once; fine when one is not open."""
        ending = [self._open.pop(name)[0] for name in names if name in self._open]
        for name in names:
            self._versions.pop(name, None)
        with ThreadPoolExecutor(max(1, len(ending)), "end") as pool:
            ended = [pool.submit(helper.close) for helper in ending]
        for each in ended:
            each.result()

    def open(self, name: str, spec: HelperSpec) -> HelperShell:
        """A helper made by `spec`, or the one that was opened under that name before."""
        with self._one_at_a_time(name):
            if name not in self._open:
                around = self._around
                helper = Helper(around.engine, replace(spec, run=around.run), local=around.engine_info.local)
                self._open[name] = helper, HelperShell(around.engine, helper)
            return self._open[name][1]

    def with_tar(
        self, name: str, bind: tuple[str, str, bool], capabilities: tuple[str, ...]
    ) -> TarShell | None:
        """A helper that sees `bind`, of the first local image that has GNU tar, else of the first that can
        run at all, else None."""
        with self._one_at_a_time(name):
            if name in self._open:
                return self._measured(name, self._open[name][1])
            return self._first_with_tar(name, bind, capabilities)

    def _first_with_tar(
        self, name: str, bind: tuple[str, str, bool], capabilities: tuple[str, ...]
    ) -> TarShell | None:
        spare: HelperSpec | None = None
        self.refusal = ""
        for image in self._around.images_for(self._volume):
            spec = HelperSpec(image, (), (bind,), capabilities=capabilities)
            try:
                shell = self.open(name, spec)
            except EngineFailed as error:
                self.refusal = f" ({error.message})"
                continue
            found = self._measured(name, shell)
            if found.version:
                self._around.prefer(image)
                return found
            spare = spare or spec
            self.end(name)
        if spare is None:
            return None
        self.refusal = ""
        return self._measured(name, self.open(name, spare))

    def opened_with_tar(self, name: str) -> TarShell | None:
        """The helper of that name if it is open already and has GNU tar: it saves another container."""
        if name not in self._open:
            return None
        found = self._measured(name, self._open[name][1])
        return found if found.version else None

    def _one_at_a_time(self, name: str) -> threading.RLock:
        return self._opening.setdefault(name, threading.RLock())

    def _measured(self, name: str, shell: HelperShell) -> TarShell:
        if name not in self._versions:
            said = self._open[name][0].tar
            if said is None:
                said = shell.run(*gnu_tar.VERSION, ok=range(256)).text
            self._versions[name] = gnu_tar.gnu_version(said)
        return TarShell(shell, self._versions[name])


def owner(volume: Volume, volume_type: VolumeType) -> Mount | None:
    """The mount of the service that the volume's data belongs to: first the one that makes the volume one
    of this type, then one that may write. Raises PluginBroken when the type cannot look at the volume."""
    what = f"volume type {volume_type.name!r} failed to look at volume {volume.key!r}"

    def claim(mount: Mount) -> tuple[bool, bool]:
        alone = Volume(volume.key, volume.name, volume.kind, mounts=(mount,))
        return not isolated(what, volume_type.detect, alone), mount.read_only

    return min(volume.mounts, key=claim, default=None)
