"""Starting, stopping and entering the services of a project, by compose's own verbs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from volops.compose.cloning import Clone, clone_of, up_command
from volops.compose.options import ComposeOptions, ask, no_client
from volops.compose.referred import referred_files
from volops.errors import ComposeUnavailable, ServiceNotRunning, UnknownService
from volops.model import Stack

_POLL_S = 0.25
_NEW = "Up Less than a second"


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One container of a service, in the engine's words. `exit_code` counts once `state` is exited.

    `settled` is False in the first second of its life: what cannot start at all ends within it.
    """

    service: str
    container: str
    state: str
    health: str
    exit_code: int
    settled: bool = True

    @property
    def ready(self) -> bool:
        """True when it serves, or when it was a one-off job that did its work."""
        if self.state == "running":
            return self.settled if not self.health else self.health == "healthy"
        return self.state == "exited" and self.exit_code == 0

    @property
    def failed(self) -> bool:
        """True when waiting longer will not make it ready."""
        if self.state == "exited":
            return self.exit_code != 0
        return self.state in ("dead", "paused") or self.health == "unhealthy"

    def __str__(self) -> str:
        if self.state == "exited":
            return f"exited with code {self.exit_code}"
        return f"{self.state} ({self.health})" if self.health else self.state


class Compose:
    """The lifecycle verbs of one project.

    All raise UnknownService for a service that the project does not have, and ComposeUnavailable when
    compose is missing or its command fails. With `show`, compose's own output reaches standard error;
    without it, its last line becomes part of the error.
    """

    def __init__(self, options: ComposeOptions, stack: Stack) -> None:
        self._options = options
        self.stack = stack

    def start(self, services: Sequence[str], *, show: bool, timeout: float) -> tuple[ServiceState, ...]:
        """Create and start services (all, without names) and what they depend on; wait until each is
        ready or `timeout` seconds have passed. Without a health check a service is ready when it has run
        for a second. A job that ended with 0 is ready, too: `up --wait` of compose 2.26 calls that a
        failure, so the waiting is done here.
        """
        self._check(services)
        self._run("up", "--detach", *services, show=show)
        return self._wait_ready(services, timeout)

    def create(self, services: Sequence[str]) -> None:
        """Create containers of services, and volumes they lack, as compose labels them; start none."""
        self._check(services)
        self._run("up", "--no-start", "--no-recreate", "--no-deps", *services, show=False)

    def clone(self, project: str) -> Clone:
        """The same files as another project. Raises ComposeInvalid."""
        return clone_of(self._options, project)

    def referred_files(self) -> tuple[Path, ...]:
        """The files that the compose files name: included and extended ones, and files of variables."""
        return referred_files(self._options, self.stack)

    def up_command(self, clone: Clone, overriding: Path | None) -> str:
        """What a person types to start that project, with one more compose file if need be."""
        return up_command(self._options, clone, self.stack.files, overriding)

    def restart(self, services: Sequence[str], *, show: bool, timeout: float) -> tuple[ServiceState, ...]:
        """Stop the containers of services, start them as they are, and wait as `start` does. Each starts
        when those it depends on are as it wants them, which compose's own `restart` does not wait for.

        Raises ServiceNotRunning for a service that has none: compose would restart nothing and be content.
        """
        self._check(services)
        existing = {state.service for state in self.states(services)}
        needed = services if existing or services else self._active
        for service in needed:
            if service not in existing:
                raise ServiceNotRunning(service)
        self._run("stop", *services, show=show)
        self._run("start", *services, show=show)
        return self._wait_ready(services, timeout)

    def rebuild(self, services: Sequence[str], *, show: bool, timeout: float) -> tuple[ServiceState, ...]:
        """Build images anew, recreate the containers whose image changed, and wait as `start` does."""
        self._check(services)
        self._run("build", *services, show=show)
        return self.start(services, show=show, timeout=timeout)

    def stop(self, services: Sequence[str], *, show: bool) -> tuple[ServiceState, ...]:
        """Stop services (all, without names); their containers and data stay."""
        self._check(services)
        self._run("stop", *services, show=show)
        return self.states(services)

    def states(self, services: Sequence[str] = ()) -> tuple[ServiceState, ...]:
        """The containers of services (of all active ones, without names), running or not."""
        verb = ("ps", "--all", "--format", "json", *services)
        said = ask(self._options.argv(*verb, every_profile=self.stack.complete))
        if said.code != 0:
            raise _failure("ps", said.code, said.stderr)
        wanted = services or self._active
        found = (_state(record) for record in _records(said.stdout))
        return tuple(
            sorted(
                (state for state in found if state.service in wanted),
                key=lambda state: state.container,
            )
        )

    def become_exec(self, service: str, *command: str, terminal: bool, user: str = "") -> NoReturn:
        """Replace this process by `docker compose exec`, so that signals, the terminal and the program's
        exit code are its own. Raises ServiceNotRunning.
        """
        self._check([service])
        if not any(state.state == "running" for state in self.states([service])):
            raise ServiceNotRunning(service)
        options = [] if terminal else ["--no-TTY"]
        options += ["--user", user] if user else []
        self._become("exec", *options, service, *command)

    def become_logs(self, services: Sequence[str], *options: str) -> NoReturn:
        """Replace this process by `docker compose logs` with these options."""
        self._check(services)
        self._become("logs", *options, *services)

    @property
    def _active(self) -> list[str]:
        return [service.name for service in self.stack.services if service.active]

    def _check(self, services: Sequence[str]) -> None:
        for name in services:
            if self.stack.service(name) is None:
                raise UnknownService(name, [service.name for service in self.stack.services])

    def _become(self, *verb: str) -> NoReturn:
        argv = self._options.argv(*verb)
        # Python ignores it; a program that is started like this must not.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        try:
            os.execvp(argv[0], argv)  # noqa: S606 - no shell is what we want
        except FileNotFoundError as error:
            raise no_client() from error

    def _run(self, *verb: str, show: bool) -> None:
        argv = self._options.argv(*verb)
        if not show:
            said = ask(argv)
            if said.code != 0:
                raise _failure(verb[0], said.code, said.stderr)
            return
        try:
            code = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=2, check=False).returncode
        except FileNotFoundError as error:
            raise no_client() from error
        if code != 0:
            raise _failure(verb[0], code, "")

    def _wait_ready(self, services: Sequence[str], timeout: float) -> tuple[ServiceState, ...]:
        deadline = time.monotonic() + timeout
        while True:
            states = self.states(services)
            if all(state.ready for state in states):
                return states
            for state in states:
                if state.failed:
                    raise _not_ready(state, str(state))
            if time.monotonic() > deadline:
                late = next(state for state in states if not state.ready)
                raise _not_ready(late, f"{late} after {timeout:.0f} s")
            time.sleep(_POLL_S)


def _records(text: str) -> list[dict[str, Any]]:
    """Compose prints an object per line since 2.21, an array before."""
    text = text.strip()
    if text.startswith("["):
        records: list[dict[str, Any]] = json.loads(text)
        return records
    return [json.loads(line) for line in text.splitlines()]


def _state(record: dict[str, Any]) -> ServiceState:
    return ServiceState(
        service=record["Service"],
        container=record["Name"],
        state=record["State"],
        health=record.get("Health") or "",
        exit_code=int(record.get("ExitCode") or 0),
        settled=not str(record.get("Status")).startswith(_NEW),
    )


def _not_ready(state: ServiceState, how: str) -> ComposeUnavailable:
    return ComposeUnavailable(
        f"service {state.service!r} did not come up: {how}",
        next_step=f"see `volops logs {state.service}`",
    )


def _failure(verb: str, code: int, stderr: str) -> ComposeUnavailable:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    reason = f": {lines[-1]}" if lines else ""
    return ComposeUnavailable(
        f"`docker compose {verb}` failed with code {code}{reason}",
        next_step="" if reason else "its own output above says why",
    )
