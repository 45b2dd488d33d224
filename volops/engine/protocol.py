"""What volops asks of an engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from volops.engine.program import Exec
from volops.engine.records import ContainerInfo, EngineInfo, HelperSpec, NetworkInfo, VolumeInfo
from volops.shell import Output


class Engine(Protocol):
    """What volops asks of an engine. Every method may raise EngineFailed or EngineUnavailable."""

    def info(self) -> EngineInfo:
        """Which engine this is. Raises EngineUnavailable, EngineTooOld."""
        ...

    def containers(self, project: str) -> list[ContainerInfo]:
        """All containers that compose made for a project, running or not, inspected in full; none that has
        only inherited the project's label from an image."""
        ...

    def containers_using(self, volume: str) -> list[ContainerInfo]:
        """All containers, of whatever project, that mount the named volume."""
        ...

    def volumes(self, names: Collection[str]) -> dict[str, VolumeInfo]:
        """Those of the named volumes that exist."""
        ...

    def project_volumes(self, project: str) -> dict[str, VolumeInfo]:
        """All volumes that compose made for a project, by its label."""
        ...

    def volume_sizes(self) -> dict[str, int]:
        """Apparent size in bytes of every volume of the engine that can tell."""
        ...

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create an empty volume of the engine's own driver. Raises EngineFailed when it exists already."""
        ...

    def remove_volume(self, name: str) -> None:
        """Remove a volume with all that is in it; fine when it is gone already. Raises EngineFailed while a
        container mounts it."""
        ...

    def image_id(self, reference: str) -> str | None:
        """The id of a local image, or None. Never pulls."""
        ...

    def image_digests(self, reference: str) -> tuple[str, ...]:
        """The repository digests of a local image; empty for one built here."""
        ...

    def start_helper(self, spec: HelperSpec) -> str:
        """Create and start a helper; return its container id. Never creates a named volume: a bind whose
        source is a volume that does not exist raises EngineFailed."""
        ...

    def remove_container(self, container: str, *, keep_volumes: bool = False) -> None:
        """Kill and remove a container, with its anonymous volumes unless told; fine when it is gone."""
        ...

    def networks(self, project: str) -> list[NetworkInfo]:
        """All networks that compose made for a project, by its label."""
        ...

    def remove_network(self, network: str) -> None:
        """Remove a network by its id; fine when it is gone. Raises EngineFailed when it is in use."""
        ...

    def running(self, container: str) -> bool:
        """True while the container runs; False when it ended or is gone."""
        ...

    def helpers(self) -> list[ContainerInfo]:
        """All helper containers of volops on this engine, whoever started them."""
        ...

    def exec(
        self,
        container: str,
        argv: Sequence[str],
        *,
        user: str = "",
        input: bytes | None = None,
        reading: bool = False,
    ) -> Exec:
        """Start a program in a running container. `input`, if not None, is its whole standard input; with
        `reading` it is what will be written."""
        ...

    def run(
        self,
        container: str,
        argv: Sequence[str],
        *,
        user: str = "",
        input: bytes | None = None,
    ) -> Output:
        """Run a short program in a running container to its end."""
        ...

    def get_archive(self, container: str, path: str) -> Iterator[bytes]:
        """A tar stream of a path in a container, running or not (no xattrs, no ACLs, whole seconds)."""
        ...

    def create_idle(self, image: str, volume: str, target: str) -> str:
        """Create, never start, a labelled container with `volume` read-only at `target`; return its id."""
        ...

    def pause(self, container: str) -> None:
        """Freeze a running container."""
        ...

    def unpause(self, container: str) -> None:
        """Thaw a paused container; fine when it is not paused."""
        ...

    def stop(self, container: str) -> None:
        """Stop a container with its own stop signal and grace period; fine when it is stopped."""
        ...

    def start(self, container: str) -> None:
        """Start a stopped container; fine when it runs."""
        ...
