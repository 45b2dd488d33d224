"""An engine in memory. It passes the same conformance class as the real one, so that it cannot lie."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from volops.docker_records import PROJECT_LABEL
from volops.engine import (
    LABEL_HELPER,
    LABEL_RUN,
    ContainerInfo,
    EngineInfo,
    HelperSpec,
    MountInfo,
    VolumeInfo,
)
from volops.errors import EngineFailed
from volops.shell import Output
from volops.testing.fake_container import FakeContainer, FakeExec, FakeVolume
from volops.testing.fake_images import FakeImages
from volops.testing.fake_networks import FakeNetworks
from volops.testing.fake_programs import PROGRAMS, STDOUT, Program, shell


class FakeEngine(FakeNetworks, FakeImages):
    """`volops.engine.Engine` without containers.

    A test fills it with `add_image`, `add_volume` and `add_container`. In its containers run the programs
    of `programs` (cat, echo, sh and a few more); a test may add its own, a pg_dump that fails, say. It is
    never `local`: no named pipe leads into memory.
    """

    def __init__(self) -> None:
        super().__init__()
        self.programs: dict[str, Program] = dict(PROGRAMS)
        self.programs["sh"] = shell(self.programs)
        self._volumes: dict[str, FakeVolume] = {}
        self._containers: dict[str, FakeContainer] = {}
        self._numbers = itertools.count(1)

    def add_volume(
        self, name: str, files: Mapping[str, bytes] | None = None, labels: Mapping[str, str] | None = None
    ) -> dict[str, bytes]:
        """Have a volume; return its files, by path below its root, as they change."""
        info = VolumeInfo(name, "local", f"/var/lib/fake/{name}", labels or {})
        self._volumes[name] = FakeVolume(info, dict(files or {}))
        return self._volumes[name].files

    def add_container(
        self,
        name: str,
        image: str,
        mounts: tuple[MountInfo, ...] = (),
        *,
        project: str = "",
        service: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Have a running container; return its id."""
        container = self._create(name, image, mounts, project, service, environment or {}, {})
        self._containers[container].start()
        return container

    def info(self) -> EngineInfo:
        """A fake of the oldest engine that will do."""
        return EngineInfo("fake", "26.0.0", "1.45", "memory", local=False)

    def containers(self, project: str) -> list[ContainerInfo]:
        """Those of the project, by name."""
        return self._list(lambda info: info.project == project)

    def containers_using(self, volume: str) -> list[ContainerInfo]:
        """Those that mount the volume, by name."""
        return self._list(lambda info: any(mount.source == volume for mount in info.mounts))

    def helpers(self) -> list[ContainerInfo]:
        """Those with the helpers' label, by name."""
        return self._list(lambda info: LABEL_HELPER in info.labels)

    def volumes(self, names: Collection[str]) -> dict[str, VolumeInfo]:
        """Those that were added."""
        return {name: volume.info for name, volume in self._volumes.items() if name in names}

    def project_volumes(self, project: str) -> dict[str, VolumeInfo]:
        """Those that were added with compose's label."""
        infos = (volume.info for volume in self._volumes.values())
        return {info.name: info for info in infos if info.labels.get(PROJECT_LABEL) == project}

    def volume_sizes(self) -> dict[str, int]:
        """The bytes of their files."""
        return {name: sum(map(len, volume.files.values())) for name, volume in self._volumes.items()}

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """As `add_volume`, but never one that is there already."""
        if name in self._volumes:
            raise EngineFailed(f"volume {name!r} exists already")
        self.add_volume(name, labels=labels)

    def remove_volume(self, name: str) -> None:
        """Forget it, unless a container mounts it."""
        if self.containers_using(name):
            raise EngineFailed(f"the engine failed removing volume {name!r}: it is in use")
        self._volumes.pop(name, None)

    def start_helper(self, spec: HelperSpec) -> str:
        """A container whose end removes it."""
        mounts = tuple(
            MountInfo("bind" if source.startswith("/") else "volume", source, target, writable)
            for source, target, writable in spec.binds
        )
        self._require_volumes(mounts)
        if spec.join and not self.running(spec.join):
            raise EngineFailed("the engine failed starting a helper: the container to join does not run")
        labels = {LABEL_HELPER: "1", LABEL_RUN: spec.run}
        container = self._create("", spec.image, mounts, "", "", spec.environment, labels, spec.argv)
        ended = threading.Event()
        self._containers[container].start(then=ended)
        threading.Thread(target=self._remove_after, args=(ended, container), daemon=True).start()
        return container

    def create_idle(self, image: str, volume: str, target: str) -> str:
        """A container that is never started."""
        mounts = (MountInfo("volume", volume, target, writable=False),)
        self._require_volumes(mounts)
        return self._create("", image, mounts, "", "", {}, {LABEL_HELPER: "1"})

    def remove_container(self, container: str, *, keep_volumes: bool = False) -> None:
        """End it and forget it. It has no anonymous volumes."""
        del keep_volumes
        found = self._containers.pop(container, None)
        if found:
            found.stop()

    def running(self, container: str) -> bool:
        """True while its main program runs, paused or not."""
        found = self._containers.get(container)
        return found is not None and found.state in {"running", "paused"}

    def exec(
        self,
        container: str,
        argv: Sequence[str],
        *,
        user: str = "",
        input: bytes | None = None,
        reading: bool = False,
    ) -> FakeExec:
        """The program runs while its output is read; with `reading`, once its input has ended."""
        data = None if reading and input is None else input or b""
        return self._known(container).execute(tuple(argv), user, data)

    def run(
        self, container: str, argv: Sequence[str], *, user: str = "", input: bytes | None = None
    ) -> Output:
        """Run it to its end; the code is -1 when the container ended first."""
        program = self.exec(container, argv, user=user, input=input)
        said = {STDOUT: bytearray()}
        for channel, chunk in program.output():
            said.setdefault(channel, bytearray()).extend(chunk)
        code = program.exit_code()
        out, err = bytes(said.pop(STDOUT)), b"".join(said.values()).decode("utf-8", "replace")
        return Output(-1 if code is None else code, out, err)

    def get_archive(self, container: str, path: str) -> Iterator[bytes]:
        """The directory's tar, in one chunk."""
        yield from self._known(container).archive(path)

    def pause(self, container: str) -> None:
        """Nothing runs while it is paused, and nothing can be started."""
        self._change(container, "running", "paused")

    def unpause(self, container: str) -> None:
        """Fine when it is not paused."""
        if self._known(container).state != "running":
            self._change(container, "paused", "running")

    def stop(self, container: str) -> None:
        """Fine when it is stopped."""
        self._known(container).stop()

    def start(self, container: str) -> None:
        """Fine when it runs."""
        found = self._known(container)
        if found.state != "running":
            found.start()

    def _create(
        self,
        name: str,
        image: str,
        mounts: tuple[MountInfo, ...],
        project: str,
        service: str,
        environment: Mapping[str, str],
        labels: Mapping[str, str],
        argv: tuple[str, ...] = ("sleep", "infinity"),
    ) -> str:
        image_id = self.image_id(image)
        if image_id is None:
            raise EngineFailed(f"the engine failed creating a container: no such image {image}")
        number = next(self._numbers)
        info = ContainerInfo(
            id=f"{number:064x}",
            name=name or f"fake_{number}",
            service=service,
            project=project,
            image=image,
            image_id=image_id,
            state="created",
            mounts=mounts,
            environment=environment,
            labels=labels,
        )
        self._containers[info.id] = FakeContainer(info, self._volumes, self.programs, argv)
        return info.id

    def _require_volumes(self, mounts: tuple[MountInfo, ...]) -> None:
        for mount in mounts:
            if mount.kind == "volume" and mount.source not in self._volumes:
                raise EngineFailed(f"volume {mount.source!r} does not exist")

    def _remove_after(self, ended: threading.Event, container: str) -> None:
        ended.wait()
        self.remove_container(container)

    def _known(self, container: str) -> FakeContainer:
        found = self._containers.get(container)
        if found is None:
            raise EngineFailed(f"the engine has no container {container[:12]}")
        return found

    def _change(self, container: str, before: str, after: str) -> None:
        found = self._known(container)
        if found.state != before:
            raise EngineFailed(f"the engine failed: container {found.info.name} is {found.state}")
        found.state = after

    def _list(self, wanted: Callable[[ContainerInfo], bool]) -> list[ContainerInfo]:
        found = [container.info for container in self._containers.values()]
        return sorted(filter(wanted, found), key=lambda info: info.name)
