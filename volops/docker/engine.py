"""`volops.engine.Engine` on the Docker SDK."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from docker.errors import APIError, NotFound
from docker.types import Mount

from volops.docker.execution import DockerExec, fed, staying
from volops.docker.failures import doing, patiently
from volops.docker.images import DockerImages
from volops.docker.networks import DockerNetworks
from volops.docker.volumes import DockerVolumes
from volops.docker_records import HASH_LABEL, PROJECT_LABEL, SERVICE_LABEL, container_info
from volops.engine import (
    LABEL_HELPER,
    LABEL_RUN,
    ContainerInfo,
    EngineInfo,
    HelperSpec,
    collect,
)
from volops.errors import EngineFailed
from volops.shell import Output

_STOP_MARGIN_S = 60
_STARTED_WITHIN_S = 60
_CHUNK = 1 << 20
_NO_SERVICE = {PROJECT_LABEL: "", SERVICE_LABEL: ""}
"""`docker compose build` labels its images, and every container of one inherits the labels: without these
a helper would be taken for a container of the service."""


class DockerEngine(DockerImages, DockerVolumes, DockerNetworks):
    """`volops.engine.Engine` over one Docker Engine API connection; safe to use from several threads.

    The SDK's published types leave out half of it, so the client is Any here, and only here.
    """

    def __init__(self, client: Any, *, local: bool) -> None:
        super().__init__(client)
        self._local = local
        self._holds: dict[str, Any] = {}
        self._reaped = False
        self._info: EngineInfo | None = None

    def close(self) -> None:
        """Drop the connection."""
        self._api.close()

    def info(self) -> EngineInfo:
        if self._info is None:
            self._info = self._asked()
        return self._info

    def _asked(self) -> EngineInfo:
        with doing("asking for its version"):
            version, info = self._api.version(), self._api.info()
        return EngineInfo(
            name="docker",
            version=version["Version"],
            api_version=version["ApiVersion"],
            operating_system=info.get("OperatingSystem", ""),
            local=self._local and info.get("OperatingSystem") != "Docker Desktop",
        )

    def containers(self, project: str) -> list[ContainerInfo]:
        # Whoever makes a container of an image that compose built gives it the project's label.
        return self._list({"label": [f"{PROJECT_LABEL}={project}", HASH_LABEL]})

    def containers_using(self, volume: str) -> list[ContainerInfo]:
        return self._list({"volume": volume})

    def helpers(self) -> list[ContainerInfo]:
        return self._list({"label": LABEL_HELPER})

    def _list(self, filters: dict[str, str | list[str]]) -> list[ContainerInfo]:
        with doing("listing containers"):
            found = self._api.containers(all=True, filters=filters)
            listed = []
            for row in found:
                with contextlib.suppress(NotFound):
                    listed.append(container_info(self._api.inspect_container(row["Id"])))
        return sorted(listed, key=lambda container: container.name)

    def start_helper(self, spec: HelperSpec) -> str:
        named = [source.partition("/")[0] for source, _, _ in spec.binds if not source.startswith("/")]
        missing = set(named) - set(self.volumes(named))
        if missing:
            raise EngineFailed(f"volume {sorted(missing)[0]!r} does not exist")
        with doing("starting a helper container"):
            self._reap()
            return self._start_helper(spec)

    def _reap(self) -> None:
        """Once for this engine, remove what a process left that was killed before it started its helper: the
        engine removes by itself only what has run."""
        if self._reaped:
            return
        self._reaped = True
        now = time.time()
        for row in self._api.containers(all=True, filters={"label": LABEL_RUN, "status": "created"}):
            if now - row["Created"] > _STARTED_WITHIN_S:
                self.remove_container(row["Id"])

    @patiently
    def _start_helper(self, spec: HelperSpec) -> str:
        host = self._api.create_host_config(
            mounts=[_mount(*bind) for bind in spec.binds],
            network_mode=f"container:{spec.join}" if spec.join else "none",
            cap_drop=["ALL"],
            cap_add=list(spec.capabilities),
            log_config={"type": "none"},
            auto_remove=True,
            security_opt=["label=disable", "no-new-privileges"],
            tmpfs={"/tmp": ""},  # noqa: S108 - the helper's own, in memory
        )
        container = self._api.create_container(
            spec.image,
            entrypoint=list(spec.argv),
            command=[],
            user="0:0",
            working_dir="/",
            environment=dict(spec.environment),
            labels={**_NO_SERVICE, LABEL_HELPER: "1", LABEL_RUN: spec.run},
            stdin_open=True,
            healthcheck={"test": ["NONE"]},
            host_config=host,
        )["Id"]
        try:
            self._holds[container] = self._api.attach_socket(container, params={"stdin": 1, "stream": 1})
            self._api.start(container)
        except BaseException:
            self.remove_container(container)
            raise
        return str(container)

    def remove_container(self, container: str, *, keep_volumes: bool = False) -> None:
        hold = self._holds.pop(container, None)
        with contextlib.suppress(OSError):
            if hold is not None:
                hold.close()
        with doing("removing a container"):
            try:
                self._api.remove_container(container, v=not keep_volumes, force=True)
            except APIError as error:
                if error.status_code not in (404, 409):
                    raise
                self._wait_until_gone(container)

    def _wait_until_gone(self, container: str) -> None:
        """A container that removes itself answers 409 until it is gone."""
        with contextlib.suppress(NotFound):
            self._api.wait(container, condition="removed")

    def running(self, container: str) -> bool:
        with doing("inspecting a container"):
            try:
                return bool(self._api.inspect_container(container)["State"]["Running"])
            except NotFound:
                return False

    def exec(
        self,
        container: str,
        argv: Sequence[str],
        *,
        user: str = "",
        input: bytes | None = None,
        reading: bool = False,
    ) -> DockerExec:
        command = fed(argv) if reading else staying(argv, input)
        with doing("starting a program in a container"):
            created = self._api.exec_create(container, command, stdin=True, user=user or "")["Id"]
            stream = self._api.exec_start(created, socket=True)
        return DockerExec(self._api, created, stream, input, stays=not reading)

    def run(
        self, container: str, argv: Sequence[str], *, user: str = "", input: bytes | None = None
    ) -> Output:
        return collect(self.exec(container, argv, user=user, input=input))

    def get_archive(self, container: str, path: str) -> Iterator[bytes]:
        with doing("reading files of a container"):
            stream, _ = self._api.get_archive(container, path, chunk_size=_CHUNK)
            yield from stream

    def create_idle(self, image: str, volume: str, target: str) -> str:
        if volume not in self.volumes([volume]):
            raise EngineFailed(f"volume {volume!r} does not exist")
        with doing("creating a helper container"):
            host = self._api.create_host_config(mounts=[_mount(volume, target, False)], network_mode="none")
            return str(
                self._api.create_container(
                    image,
                    command=["true"],
                    labels={**_NO_SERVICE, LABEL_HELPER: "1"},
                    host_config=host,
                )["Id"]
            )

    def pause(self, container: str) -> None:
        with doing("pausing a container"):
            self._pause(container)

    @patiently
    def _pause(self, container: str) -> None:
        self._api.pause(container)

    def unpause(self, container: str) -> None:
        with doing("unpausing a container"):
            try:
                self._api.unpause(container)
            except APIError as error:
                if "not paused" not in str(error.explanation):
                    raise

    def stop(self, container: str) -> None:
        with doing("stopping a container"):
            grace = self._api.inspect_container(container)["Config"].get("StopTimeout") or 10
            url = self._api._url("/containers/{0}/stop", container)
            response = self._api.post(url, timeout=grace + _STOP_MARGIN_S)
            self._api._raise_for_status(response)

    def start(self, container: str) -> None:
        with doing("starting a container"):
            self._api.start(container)


def _mount(source: str, target: str, writable: bool) -> Mount:
    if source.startswith("/"):
        return Mount(target, source, type="bind", read_only=not writable)
    name, _, subpath = source.partition("/")
    return Mount(target, name, type="volume", read_only=not writable, no_copy=True, subpath=subpath or None)
