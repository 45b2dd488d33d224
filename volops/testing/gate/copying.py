"""A copy of a compose project while it is there: started, worked on, looked at, taken away."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from volops import provisional
from volops.compose import Compose, ComposeOptions, load_stack
from volops.compose.lifecycle import ServiceState
from volops.docker import connect
from volops.errors import EngineFailed, VolopsError
from volops.store.local import STATE
from volops.testing.gate.binds import Binds
from volops.testing.gate.engine_commands import Said, docker, listed, patiently, run
from volops.testing.gate.original import Original
from volops.testing.gate.removal import (
    empty_tree,
    remains,
    remove_from_engine,
    remove_images,
    remove_tree,
    volumes_of,
)
from volops.workspace import Workspace, open_workspace

_POLL_S = 0.25
_LOG_LINES = 80
_NO_CONTAINER = "has no container"
_PROGRAM = "import sys; from volops.cli.main import main; sys.exit(main())"
_STEERING = ("COMPOSE_", "VOLOPS_BACKUPS")


class StackNotWell(VolopsError):
    """The services of the copy did not come up; `logs` is what each of them printed last."""

    def __init__(self, message: str, logs: Mapping[str, str]) -> None:
        super().__init__(message, next_step="see what the services printed, and whether the original starts")
        self.logs = logs


@dataclass
class StackCopy:
    """A project under a name of its own, in a private directory. `changes` says in words how it differs from
    the original. `tell` is given every command that ended."""

    original: Original
    name: str
    directory: Path
    patience: float
    changes: tuple[str, ...] = ()
    tell: Callable[[Said], None] = lambda _: None
    images: dict[str, str] = field(default_factory=dict)
    binds: Binds = field(default_factory=Binds)
    _seen: set[str] = field(default_factory=set)

    @property
    def options(self) -> ComposeOptions:
        """What compose has to be told to work on the copy."""
        return ComposeOptions(
            files=(str(self.directory / "compose.yaml"),),
            project=self.name,
            project_directory=str(self.directory),
            env_files=tuple(map(str, self.original.env_files)),
        )

    @property
    def backups(self) -> Path:
        """Where its backups are."""
        return self.directory / "backups"

    @cached_property
    def services(self) -> Compose:
        """Its services."""
        return Compose(self.options, load_stack(self.options))

    def open(self) -> Workspace:
        """The copy as volops sees it now."""
        return open_workspace(self.options, self.backups)

    def compose(self, *verb: str) -> Said:
        """Run a `docker compose` command on the copy."""
        return self._run(self.options.argv(*verb), f"docker compose {' '.join(verb)}")

    def volops(self, *verb: str, typed: str | None = None) -> Said:
        """Run a `volops` command on the copy, by the Python that runs here; with `typed` at a terminal, at
        which somebody types that line."""
        # The options of `docker compose` are those of volops, too.
        options = self.options.argv()[2:]
        argv = [sys.executable, "-c", _PROGRAM, *options, *verb]
        return self._run(argv, f"volops {' '.join(verb)}", typed)

    def backup_names(self) -> list[str]:
        """Its backups, the oldest first."""
        found = self.backups.glob("[!.]*/manifest.json")
        return [path.parent.name for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]

    def start(self) -> None:
        """Bring every service up. Raises StackNotWell."""
        said = self.compose("up", "--detach")
        if said.code != 0:
            raise StackNotWell(f"`docker compose up` failed: {_last_line(said.output)}", self.logs())
        self.wait()

    def wait(self) -> tuple[ServiceState, ...]:
        """Wait until every service is ready, or a one-off job that did its work. Raises StackNotWell."""
        until = time.monotonic() + self.patience
        while True:
            states = self.services.states()
            late = self._late(states)
            if not late:
                return states
            lost = any(each.endswith(_NO_CONTAINER) for each in late) or any(each.failed for each in states)
            if lost or time.monotonic() > until:
                raise StackNotWell(f"the copy does not get well: {', '.join(late)}", self.logs())
            time.sleep(_POLL_S)

    def all_ready(self) -> bool:
        """Whether every service is up now."""
        return not self._late(self.services.states())

    def _late(self, states: Sequence[ServiceState]) -> list[str]:
        """What is missing, in words."""
        there = {state.service for state in states}
        return [f"{state.service} is {state}" for state in states if not state.ready] + [
            f"{name} {_NO_CONTAINER}" for name in sorted(self._wanted - there)
        ]

    def crash(self) -> None:
        """Kill every container of it at once, as a loss of power would (SIGKILL)."""
        if running := listed("ps", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}"):
            self._run(["docker", "kill", "--signal", "KILL", *running], "docker kill --signal KILL (all)")

    def lose_binds(self) -> None:
        """Empty the directories in which its servers keep their files: no `down` does that."""
        for directory in self.binds.empty:
            empty_tree(directory, self._tools())

    def logs(self) -> dict[str, str]:
        """What its containers printed last, by their names."""
        argv = ("ps", "--all", "--format", "{{.Names}}")
        names = listed(*argv, "--filter", f"label=com.docker.compose.project={self.name}")
        tail = ("logs", "--tail", str(_LOG_LINES))
        return {name: run(["docker", *tail, name], shown="").output for name in names}

    @patiently
    def volumes(self) -> dict[str, str]:
        """When each of its volumes was made, by name."""
        names = volumes_of(self.name)
        self._seen.update(names)
        lines = docker("volume", "inspect", "--format", "{{.Name}} {{.CreatedAt}}", *names) if names else ""
        return dict(line.split(" ", 1) for line in lines.splitlines())

    def remains(self) -> list[str]:
        """What it has on the engine, in words."""
        return remains(self.name)

    def remove(self) -> None:
        """Take away all that it has on the engine and on disk; fine when it is gone. The images go last: what
        containers have written as root, one of them removes.

        Raises EngineFailed naming what could not be removed, once all else is gone.
        """
        with contextlib.suppress(VolopsError), contextlib.closing(connect()) as engine:
            provisional.recover(engine, self.backups / STATE)
        trouble = []
        for step in (
            partial(remove_from_engine, self.name, self._seen),
            partial(remove_tree, self.directory, self._tools()),
            partial(remove_images, set(self.images.values())),
        ):
            try:
                step()
            except EngineFailed as error:
                trouble.append(error.message)
        if trouble:
            raise EngineFailed("; ".join(trouble), next_step="remove it by hand, as docs/ci.md has it")

    @property
    def _wanted(self) -> set[str]:
        """The services that have a container: not those that the project asks for none of."""
        services = (self.original.config.get("services") or {}).items()
        replicas = {name: (said.get("deploy") or {}).get("replicas", 1) for name, said in services}
        return {name for name, said in services if said.get("scale", 1) != 0 and replicas[name] != 0}

    def _tools(self) -> list[str]:
        """Images that this engine has, of the copy first."""
        services = self.original.config.get("services") or {}
        named = [str(each.get("image")) for each in services.values() if each.get("image")]
        return [*self.images.values(), *dict.fromkeys(named)]

    def _run(self, argv: Sequence[str], shown: str, typed: str | None = None) -> Said:
        self._seen.update(volumes_of(self.name))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
        said = run(argv, shown=shown, directory=self.directory, environment=kept, typed=typed)
        self.tell(said)
        return said


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"
