"""A small project for the installed program to work on."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import COMPOSE, Done, run
from volops.compose import ComposeOptions

Volops = Callable[..., Done]


@pytest.fixture(scope="package")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a project of which `web` runs; a fresh name on the engine, removed at the end."""
    directory = tmp_path_factory.mktemp("project")
    name = f"cliw-{uuid.uuid4().hex[:8]}"
    (directory / "compose.yaml").write_text(f"name: {name}\n{COMPOSE}")
    options = ComposeOptions(files=(str(directory / "compose.yaml"),))
    subprocess.run(options.argv("up", "--detach"), check=True, capture_output=True)
    fill = ["exec", "-T", "web", "sh", "-c", "head -c 3000000 /dev/urandom >/srv/uploads/photo.jpg"]
    subprocess.run(options.argv(*fill), check=True, capture_output=True)
    yield directory
    subprocess.run(
        options.argv("down", "-v", "--remove-orphans", every_profile=True), check=True, capture_output=True
    )


@pytest.fixture
def backups(project: Path) -> Iterator[Path]:
    """The project's directory of backups, none in it yet."""
    directory = project / "backups"
    assert not directory.exists()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def volops(project: Path) -> Volops:
    """The installed program, run in the project's directory."""

    def call(*arguments: str, given: str = "", cwd: Path = project, **more: str) -> Done:
        return run(*arguments, cwd=cwd, given=given, **more)

    return call
