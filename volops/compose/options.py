"""The options of `docker compose` itself, handed on unchanged, and how its client is called."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from volops.errors import ComposeUnavailable

OLDEST = (2, 24)
"""The first compose that knows `volume.subpath` and every option used here (its release notes)."""

_INSTALL = "install Docker Compose v2 (package docker-compose-plugin, or docker-compose on Debian 13)"


@dataclass(frozen=True, slots=True)
class ComposeOptions:
    """What stands between `docker compose` and its verb. COMPOSE_* variables and .env need no mention:
    they reach compose through the environment and the working directory.
    """

    files: tuple[str, ...] = ()
    project: str = ""
    project_directory: str = ""
    profiles: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()

    def argv(self, *verb: str, every_profile: bool = False) -> list[str]:
        """The command line for `verb`; with `every_profile` all services are active."""
        argv = ["docker", "compose"]
        if self.project:
            argv += ["--project-name", self.project]
        if self.project_directory:
            argv += ["--project-directory", self.project_directory]
        for option, values in (
            ("--file", self.files),
            ("--env-file", self.env_files),
            ("--profile", ("*",) if every_profile else self.profiles),
        ):
            for value in values:
                argv += [option, value]
        return [*argv, *verb]


@dataclass(frozen=True, slots=True)
class Said:
    """What a finished compose command said."""

    code: int
    stdout: str
    stderr: str


def ask(argv: list[str], variables: Mapping[str, str] | None = None, *, given: str = "") -> Said:
    """Run a compose command that answers soon, with `variables` in its environment and `given` on its
    standard input.

    Raises ComposeUnavailable when there is no `docker`.
    """
    environment = {**os.environ, **(variables or {})}
    try:
        done = subprocess.run(argv, input=given.encode(), capture_output=True, check=False, env=environment)
    except FileNotFoundError as error:
        raise no_client() from error
    return Said(
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )


def no_client() -> ComposeUnavailable:
    """The error for a machine without the `docker` command."""
    return ComposeUnavailable(
        "no `docker` command on this machine",
        next_step="install the Docker client and Compose v2 (packages docker-ce-cli and "
        "docker-compose-plugin, or docker-cli and docker-compose on Debian 13)",
    )


def check_version() -> None:
    """Raise ComposeUnavailable unless a compose that can do what we ask is installed.

    For use after a failure only: a docker client without the compose plugin takes compose's options
    for its own and complains of those.
    """
    said = ask(["docker", "compose", "version", "--short"])
    if said.code != 0:
        raise ComposeUnavailable("the `docker` command has no compose v2 plugin", next_step=_INSTALL)
    found = re.match(r"v?(\d+)\.(\d+)", said.stdout.strip())
    if found and (int(found[1]), int(found[2])) < OLDEST:
        raise ComposeUnavailable(
            f"compose {said.stdout.strip()} is too old: 2.24 is needed", next_step=_INSTALL
        )
