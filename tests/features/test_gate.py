"""`pytest features/` alone is the gate: what it does where it cannot run, and where it writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def _gate(tmp_path: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    files = (f"--html={tmp_path}/report.html", f"--junitxml={tmp_path}/junit.xml")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "features/", "-p", "no:cacheprovider", *files, *options],
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


@pytest.mark.parametrize("word", ["skip", "xfail"])
def test_no_feature_can_be_left_out_quietly(word: str) -> None:
    files = [*_ROOT.glob("features/**/*.feature"), *_ROOT.glob("features/**/*.py")]
    assert files
    assert [
        file for file in files if f"@{word}" in file.read_text() or f"mark.{word}" in file.read_text()
    ] == []
