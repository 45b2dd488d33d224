"""The plugins in examples/, as a stranger has them: each wheel beside that of volops, and its tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

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
