"""Small projects to copy, the gate as a process, and what copies have on the engine."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live import docker

IMAGE = "volops-sample-redis:1"
LABEL = "volops.gate"


@dataclass(frozen=True)
class Project:
    """A compose project that fixes all that it can by name."""

    name: str
    directory: Path

    def compose(self, *argv: str) -> bytes:
        return docker("compose", "--project-directory", str(self.directory), *argv)

    def state(self) -> dict[str, Any]:
        """Everything of it that a gate could change."""
        label = f"label=com.docker.compose.project={self.name}"
        ids = docker("ps", "-aq", "--no-trunc", "--filter", label).decode().split()
        (container,) = json.loads(docker("inspect", *ids))
        script = "find /srv -type f -exec sha256sum {} + | sort; cat /proc/1/stat | cut -d' ' -f22"
        notes = {path.name: path.read_text() for path in (self.directory / "notes").iterdir()}
        volumes = docker("volume", "ls", "--filter", f"name={self.name}-", "--format", "{{.Name}}").decode()
        return {
            "container": [container["Id"], container["State"]["StartedAt"], container["RestartCount"]],
            "mounted": docker("exec", ids[0], "sh", "-c", script).decode(),
            "notes": notes,
            "volumes": sorted(name for name in volumes.split() if "-gate-" not in name),
            "networks": sorted(container["NetworkSettings"]["Networks"]),
        }


def written(directory: Path, name: str, stack: str) -> Project:
    (directory / "notes").mkdir(parents=True)
    (directory / "notes" / "diary.txt").write_text("dear diary")
    (directory / "keeper.env").write_text("FROM_FILE=wood\n")
    (directory / ".env").write_text("COLOUR=green\n")
    (directory / "rules.txt").write_text("no rules")
    (directory / "safe.txt").write_text("0000")
    (directory / "compose.yaml").write_text(stack)
    return Project(name, directory)


def everything(project: str) -> list[str]:
    """What copies of the project have on the engine."""
    label = ("--filter", f"label={LABEL}={project}")
    found = docker("ps", "-a", "--format", "{{.Names}}", *label).decode().split()
    found += docker("volume", "ls", "--format", "{{.Name}}", *label).decode().split()
    return found + docker("network", "ls", "--format", "{{.Name}}", *label).decode().split()


def environment() -> dict[str, str]:
    """Programs that are started see the volops that is tested here."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class Gate:
    """`pytest --pyargs volops.testing.acceptance --stack …` as a person runs it, in an empty directory."""

    def __init__(self, directory: Path, *argv: str, what: str) -> None:
        self.scratch = directory / "tmp"
        self.scratch.mkdir(parents=True)
        where = directory / "empty"
        where.mkdir()
        plugin = ["-p", "volops.testing.plugin", "-p", "no:cacheprovider"]
        module = ["--pyargs", what]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *plugin, *module, *argv],
            cwd=where,
            env={**environment(), "TMPDIR": str(self.scratch)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.report = where / "reports" / "acceptance.html"

    def end(self) -> tuple[int, str]:
        """Its exit code, and all that it said."""
        said, _ = self.process.communicate(timeout=240)
        return self.process.returncode, said.decode()


@contextlib.contextmanager
def gate_on(directory: Path, *argv: str, what: str = "volops.testing.acceptance") -> Iterator[Gate]:
    gate = Gate(directory, *argv, what=what)
    try:
        yield gate
    finally:
        if gate.process.poll() is None:
            gate.process.terminate()
            gate.process.communicate(timeout=60)


def small(directory: Path, *lines: str) -> Project:
    """A project of one service, with these lines more."""
    name = f"gt{uuid.uuid4().hex[:8]}"
    stack = [
        f"name: {name}",
        "services:",
        "  one:",
        f"    image: {IMAGE}",
        *(f"    {line}" for line in lines),
    ]
    return written(directory / "stack", name, "\n".join([*stack, "volumes: {data: }", ""]))
