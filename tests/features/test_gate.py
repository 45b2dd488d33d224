"""`pytest features/` alone is the gate: what it does where it cannot run, and where it writes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.live import docker, eventually

_ROOT = Path(__file__).parents[2]


def _files(directory: Path) -> tuple[str, ...]:
    """Options by which the reports of this checkout's own run stay as they are."""
    names = {"--html": "report.html", "--junitxml": "junit.xml", "--cucumberjson": "cucumber.json"}
    return tuple(f"{option}={directory / name}" for option, name in names.items())


def _gate(tmp_path: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "features/", "-p", "no:cacheprovider", *_files(tmp_path), *options],
        cwd=_ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_an_engine_the_gate_fails_and_says_why(tmp_path: Path) -> None:
    run = _gate(tmp_path, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert run.returncode == 1
    assert (
        "The features need a container engine, and none answers at unix:///nowhere/docker.sock" in run.stdout
    )
    assert "`make setup` installs or starts one." in run.stdout
    assert "skipped" not in run.stdout


def test_without_the_docker_command_the_gate_fails_and_says_why(tmp_path: Path) -> None:
    run = _gate(tmp_path, PATH=str(tmp_path))
    assert run.returncode == 1
    assert "The features need the `docker` command." in run.stdout


def _made(prefix: str) -> list[str]:
    """Containers, volumes, networks and image tags of a run of the features."""
    listings = ("ps -a --format {{.Names}}", "volume ls -q", "network ls --format {{.Name}}")
    found = [docker(*listing.split()).decode().split() for listing in (*listings, "images --format {{.Tag}}")]
    return [name for names in found for name in names if name.startswith(prefix)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_takes_away_what_it_made(tmp_path: Path, number: signal.Signals) -> None:
    prefix = f"gate{uuid.uuid4().hex[:8]}"
    options = ("-k", "Ctrl", "-p", "no:cacheprovider", *_files(tmp_path))
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "features/", *options],
        cwd=_ROOT,
        env={**os.environ, "FEATURES_PREFIX": prefix},
        stdout=subprocess.DEVNULL,
    )
    eventually("a stack of its own is there", lambda: bool(_made(prefix)) or run.poll() is not None)
    run.send_signal(number)
    assert run.wait(60) == pytest.ExitCode.INTERRUPTED
    assert _made(prefix) == []


def test_with_a_stack_a_copy_of_it_is_judged_instead(tmp_path: Path) -> None:
    project = tmp_path / f"box{uuid.uuid4().hex[:8]}"
    shutil.copytree(_ROOT / "features" / "stacks" / "box", project)
    run = _gate(tmp_path, "--stack", str(project / "compose.yaml"), "-k", "anew or uploaded")
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout
    page = (tmp_path / "report.html").read_text("utf-8")
    assert f"{project.name} ({project / 'compose.yaml'})" in page
    assert "The document's table" not in page
    assert docker("ps", "-aq", "--filter", f"label=volops.gate={project.name}") == b""
    assert docker("volume", "ls", "-q", "--filter", f"label=volops.gate={project.name}") == b""


@pytest.mark.parametrize("word", ["skip", "xfail"])
def test_no_feature_can_be_left_out_quietly(word: str) -> None:
    files = [*_ROOT.glob("features/**/*.feature"), *_ROOT.glob("features/**/*.py")]
    assert files
    assert [
        file for file in files if f"@{word}" in file.read_text() or f"mark.{word}" in file.read_text()
    ] == []
