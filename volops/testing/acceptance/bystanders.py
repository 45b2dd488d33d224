"""What belongs to others on the same engine, called almost as the copy is: nothing may happen to it."""

from __future__ import annotations

from volops.errors import EngineFailed
from volops.testing.gate import StackCopy
from volops.testing.gate.engine_commands import docker, listed
from volops.testing.gate.isolation import LABEL

_PROJECT = "com.docker.compose.project"


class Bystanders:
    """A project of others with a volume, a network and a container, and a volume that is in no project; made
    by this gate, and beside a running copy.

    `before` is how they were when they had been made.
    """

    def __init__(self, copy: StackCopy, mark: str) -> None:
        self._copy = copy
        self._project = f"{copy.name}-{mark}"
        self._plain = f"{copy.name}-{mark}-plain"
        self.before: dict[str, str] = {}

    def make(self) -> None:
        """Make them; the container is not started. It is of an image of the copy: any other one could be
        another gate's, which takes it away meanwhile."""
        gate = ("--label", f"{LABEL}={self._copy.original.project}")
        mine = (*gate, "--label", f"{_PROJECT}={self._project}")
        docker("volume", "create", *mine, f"{self._project}_data")
        docker("volume", "create", *gate, self._plain)
        docker("network", "create", "--internal", *mine, f"{self._project}_default")
        of_the_copy = ("--filter", f"label={_PROJECT}={self._copy.name}")
        container = listed("ps", "--all", "--quiet", *of_the_copy)[0]
        image = docker("inspect", "--format", "{{.Image}}", container)
        mounted = f"type=volume,source={self._project}_data,target=/data"
        docker("create", *mine, "--name", f"{self._project}-db-1", "--mount", mounted, image, "true")
        self.before = self.state()
        assert len(self.before) == 4, f"not all of them could be made: {self.before}"

    def state(self) -> dict[str, str]:
        """Each of them that is there, with when it was made."""
        found = {}
        for kind, template in (
            ("volume", "{{.Name}} {{.CreatedAt}}"),
            ("network", "{{.Name}} {{.Id}}"),
            ("container", "{{.Name}} {{.Id}}"),
        ):
            for name in self._names(kind):
                shown, _, since = docker(kind, "inspect", "--format", template, name).partition(" ")
                found[f"{kind} {shown.removeprefix('/')}"] = since
        return found

    def remove(self) -> None:
        """Take them away; fine when they were never made. Raises EngineFailed naming what could not be."""
        trouble = []
        for kind in ("container", "volume", "network"):
            for name in self._names(kind):
                try:
                    docker(kind, "rm", *(["--force"] if kind != "network" else []), name)
                except EngineFailed as error:
                    trouble.append(f"{kind} {name} is still there: {error.message}")
        if trouble:
            raise EngineFailed("; ".join(trouble))

    def _names(self, kind: str) -> list[str]:
        field = "{{.Names}}" if kind == "container" else "{{.Name}}"
        every = listed(kind, "ls", *(["--all"] if kind == "container" else []), "--format", field)
        return [name for name in every if name.startswith(self._project)]
