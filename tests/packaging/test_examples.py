"""The plugins in examples/, as a stranger has them: each wheel beside that of volops, and its tests."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live import docker
from tests.packaging.environment import ROOT, Environment, build

EXAMPLES = ("volops-sqlite", "volops-mariadb")
Installed = Callable[[str], Path]


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest, clean: Environment, tmp_path: Path) -> Path:
    """A copy of its tests, while its wheel is installed."""
    source = ROOT / "examples" / request.param
    clean.install(build(source, tmp_path))
    shutil.copytree(source / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    return tmp_path


@pytest.mark.timeout(900)
def test_it_is_found_and_passes_its_own_tests(example: Path, clean: Environment) -> None:
    listed = json.loads(clean.run("volops", "plugins", "--json", cwd=example))["plugins"]
    strangers = [each for each in listed if each["distribution"] in EXAMPLES]
    assert strangers
    assert {each["reason"] for each in strangers} == {None}
    said = clean.run("python", "-m", "pytest", "-q", "-ra", "tests", cwd=example)
    assert " passed" in said
    assert not any(word in said for word in ("skipped", "xfailed", "deselected"))


_STACK = """
services:
  office:
    image: IMAGE
    command: [sleep, infinity]
    init: true
    stop_grace_period: 1s
    volumes: ["ledger:/srv/sqlite"]
volumes:
  ledger:
"""


@pytest.mark.timeout(600)
def test_the_gate_judges_a_stack_of_its_type(clean: Environment, tmp_path: Path) -> None:
    """What is planted is in the backup, and comes back: with a type that is not ours, and no test code."""
    source = ROOT / "examples" / "volops-sqlite"
    clean.install(build(source, tmp_path))
    image = f"volops-sqlite-gate:{uuid.uuid4().hex[:8]}"
    docker("build", "--quiet", "--tag", image, "-", stdin=(source / "tests" / "Dockerfile").read_bytes())
    project = tmp_path / "office"
    project.mkdir()
    (project / "compose.yaml").write_text(_STACK.replace("IMAGE", image))
    gate = ("-p", "no:cacheprovider", "--pyargs", "volops.testing.acceptance", "--stack", str(project))
    try:
        said = clean.run("python", "-m", "pytest", *gate, "-k", "lost or anew", cwd=tmp_path)
    finally:
        docker("image", "rm", image)
    assert "2 passed" in said
    page = (tmp_path / "reports" / "acceptance.html").read_text("utf-8")
    assert "sqlite of volops-sqlite 1.0" in page
