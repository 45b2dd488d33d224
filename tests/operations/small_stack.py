"""A compose project of a few idle containers, for tests of what the core does around a volume type."""

from __future__ import annotations

import contextlib
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from volops.compose import ComposeOptions
from volops.plugins import Assignment, RegisteredType
from volops.volume_type import VolumeType
from volops.workspace import Workspace, open_workspace

COMPOSE = """
name: {project}
services:
  store:
    image: debian:trixie-slim
    command: [sleep, infinity]
    init: true
    volumes: ["papers:/srv/papers", "letters:/srv/letters"]
  reader:
    image: debian:trixie-slim
    command: [sleep, infinity]
    init: true
    depends_on: [store]
    volumes: ["papers:/srv/papers:ro"]
  late:
    image: debian:trixie-slim
    volumes: ["later:/srv/later"]
volumes:
  papers:
  letters:
  later:
"""


class SmallStack:
    """The project, its directory, and what is asked of it."""

    def __init__(self, directory: Path) -> None:
        self.project = f"op-{uuid.uuid4().hex[:8]}"
        self.directory = directory
        self.file = directory / "compose.yaml"
        self.file.write_text(COMPOSE.format(project=self.project))

    def compose(self, *verb: str) -> str:
        """Run a compose command on it and return what it prints."""
        argv = ["docker", "compose", "--file", str(self.file), *verb]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    def fill(self, volume: str, **files: str) -> None:
        """Write files into one of its volumes."""
        for name, text in files.items():
            self.compose("exec", "-T", "store", "sh", "-c", f"printf %s '{text}' >/srv/{volume}/{name}")

    def state(self, service: str) -> str:
        """The engine's word for the state of a service's container."""
        container = self.compose("ps", "--all", "--quiet", service)
        argv = ["docker", "inspect", "--format", "{{.State.Status}}", container]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    def containers(self) -> dict[str, str]:
        """When each container of the project, by its id, was started."""
        ids = self.compose("ps", "--all", "--quiet").split()
        argv = ["docker", "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", *ids]
        shown = subprocess.run(argv, capture_output=True, text=True, check=True).stdout if ids else ""
        return dict(line.split() for line in shown.splitlines())

    def volumes(self) -> dict[str, str]:
        """When each volume of the project, by its name, was made."""
        mine = f"label=com.docker.compose.project={self.project}"
        return _volumes("--filter", mine)

    def provisional(self) -> dict[str, str]:
        """When each volume, by its name, was made that volops has made for runs on the project."""
        return _volumes("--filter", f"label=volops.project={self.project}")

    def workspace(self) -> Workspace:
        """As `volops` would open it."""
        return open_workspace(ComposeOptions(files=(str(self.file),)))

    @property
    def backups(self) -> Path:
        """Where its backups go."""
        return self.directory / "backups"

    def left_behind(self) -> list[str]:
        """Helper containers, and unfinished runs."""
        helpers = _helpers_of(f"{self.project}_papers")
        unfinished = self.backups / ".incoming"
        return helpers + [path.name for path in unfinished.iterdir()] if unfinished.exists() else helpers


def _helpers_of(volume: str) -> list[str]:
    mine = ["--filter", "label=volops.helper", "--filter", f"volume={volume}"]
    argv = ["docker", "ps", "--all", "--quiet", *mine]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def _volumes(*filters: str) -> dict[str, str]:
    found = subprocess.run(["docker", "volume", "ls", "--quiet", *filters], capture_output=True, text=True)
    argv = ["docker", "volume", "inspect", "--format", "{{.Name}} {{.CreatedAt}}", *found.stdout.split()]
    shown = subprocess.run(argv, capture_output=True, text=True).stdout if found.stdout else ""
    return dict(line.split() for line in shown.splitlines())


@contextlib.contextmanager
def small_stack(directory: Path) -> Iterator[SmallStack]:
    """The project, running; all of it gone afterwards."""
    stack = SmallStack(directory)
    try:
        stack.compose("up", "--detach", "store", "reader")
        subprocess.run(["docker", "volume", "rm", f"{stack.project}_later"], capture_output=True, check=True)
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "0")
        # Compose knows only those that a service still mounts. A helper that the engine made for a client
        # that was killed meanwhile would go with the next volops command, which none is here.
        if left := list(stack.volumes()):
            helpers = [each for volume in left for each in _helpers_of(volume)]
            if helpers:
                subprocess.run(["docker", "rm", "--force", *helpers], capture_output=True, check=True)
            subprocess.run(["docker", "volume", "rm", *left], capture_output=True, check=True)


def retyped(workspace: Workspace, volume: str, cls: type[VolumeType], **changes: object) -> Workspace:
    """The workspace with one volume of another type."""
    registered = RegisteredType(cls, "strange", "volops-strange", "7.1")

    def changed(given: Assignment) -> Assignment:
        if given.volume.key != volume:
            return given
        return replace(given, type=registered, detected=True, **changes)  # type: ignore[arg-type]

    return replace(workspace, assignments=tuple(map(changed, workspace.assignments)))


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Return once `condition` holds; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)
