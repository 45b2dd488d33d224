"""The wheel, installed where nothing of this checkout is: the gate with its features and its page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import uuid
import venv
from pathlib import Path

import pytest

from tests.live import docker

_ROOT = Path(__file__).parents[2]
_STACK = _ROOT / "features" / "stacks" / "box" / "compose.yaml"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of an environment with the wheel, and with what volops depends on from the environment here."""
    home = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(home), at=_ROOT)
    (wheel,) = home.glob("*.whl")
    venv.create(home / "venv", with_pip=False)
    python = home / "venv" / "bin" / "python"
    site = Path(_run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "volops" not in path.name and path.suffix != ".pth":
            (site / path.name).symlink_to(path)
    installing = ("install", "--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    _run(sys.executable, "-m", "pip", "--python", str(python), *installing, str(wheel))
    return python


def _run(*argv: str, at: Path | None = None, ok: bool = True) -> str:
    """What a program says, started with nothing of this checkout on Python's path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    done = subprocess.run(
        argv, cwd=at, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert (done.returncode == 0) is ok, done.stdout
    return done.stdout


def test_the_gate_runs_in_an_empty_directory(python: Path, tmp_path: Path) -> None:
    where = _run(str(python), "-c", "import volops; print(volops.__file__)", at=tmp_path)
    assert where.startswith(str(python.parents[1]))
    project = f"wheel{uuid.uuid4().hex[:8]}"
    (tmp_path / project).mkdir()
    stack = str(shutil.copy(_STACK, tmp_path / project))
    gate = ("-m", "pytest", "--pyargs", "volops.testing.acceptance", "--stack", stack, "-k", "anew")
    said = _run(str(python), *gate, at=tmp_path)
    assert "1 passed" in said
    reports = tmp_path / "reports"
    assert {path.name for path in reports.iterdir()} == {"acceptance.html", "cucumber.json", "junit.xml"}
    assert "Tables, keys and files are still there" in (reports / "acceptance.html").read_text("utf-8")
    assert docker("ps", "-aq", "--filter", f"label=volops.gate={project}") == b""


def test_the_options_are_there_without_being_asked_for(python: Path, tmp_path: Path) -> None:
    assert "--stack=FILE" in _run(str(python), "-m", "pytest", "--help", at=tmp_path)


def test_all_that_the_gate_reads_is_in_the_wheel(python: Path) -> None:
    """Features, the page's style and its templates are no Python; a build may leave them out."""
    installed = next((python.parents[1] / "lib").glob("python*/site-packages/volops"))
    for place in ("acceptance", "report"):
        here = {path.name for path in (_ROOT / "volops" / "testing" / place).iterdir() if path.is_file()}
        there = {path.name for path in (installed / "testing" / place).iterdir() if path.is_file()}
        assert there == here
