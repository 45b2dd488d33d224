"""What belongs to others on the same engine, called almost as the copy is: nothing may happen to it."""

from __future__ import annotations

from volops.testing.gate.engine_commands import docker, listed

_PROJECT = "com.docker.compose.project"


class Bystanders:
    """A project of others with a volume, a network and a container, and a volume that bears no label.

    `before` is how they were when they had been made.
    """

    def __init__(self, name: str, mark: str) -> None:
        self._project = f"{name}-{mark}"
        self._plain = f"{name}-{mark}-plain"
        self.before: dict[str, str] = {}

    def make(self) -> None:
        """Make them; the container is of an image that is at hand, and is not started."""
        label = f"{_PROJECT}={self._project}"
        docker("volume", "create", "--label", label, f"{self._project}_data")
        docker("volume", "create", self._plain)
        docker("network", "create", "--internal", "--label", label, f"{self._project}_default")
        image = next(iter(listed("images", "--quiet", "--filter", "dangling=false")))
        mounted = f"type=volume,source={self._project}_data,target=/data"
        docker(
            "create", "--label", label, "--name", f"{self._project}-db-1", "--mount", mounted, image, "true"
        )
        self.before = self.state()
        assert len(self.before) == 4, f"not all of them could be made: {self.before}"

    def state(self) -> dict[str, str]:
        """Each of them that is there, with when it was made."""
        names = (self._project, self._plain)
        found = {}
        for kind, template in (
            ("volume", "{{.Name}} {{.CreatedAt}}"),
            ("network", "{{.Name}} {{.Id}}"),
            ("container", "{{.Name}} {{.Id}}"),
        ):
            for name in self._names(kind):
                if name.startswith(names):
                    shown, _, since = docker(kind, "inspect", "--format", template, name).partition(" ")
                    found[f"{kind} {shown.removeprefix('/')}"] = since
        return found

    def remove(self) -> None:
        """Take them away; fine when they were never made."""
        for kind in ("container", "volume", "network"):
            for name in self._names(kind):
                if name.startswith((self._project, self._plain)):
                    docker(kind, "rm", *(["--force"] if kind != "network" else []), name)

    @staticmethod
    def _names(kind: str) -> list[str]:
        field = "{{.Names}}" if kind == "container" else "{{.Name}}"
        return listed(kind, "ls", *(["--all"] if kind == "container" else []), "--format", field)
