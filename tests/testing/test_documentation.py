"""docs/ci.md says what the gate does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from volops.engine import LABEL_PROJECT
from volops.testing.gate.isolation import LABEL
from volops.testing.gate.refusals import LEFT_OUT

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs" / "ci.md").read_text("utf-8")


def test_every_option_that_it_names_is_one_and_every_one_is_named() -> None:
    argv = [sys.executable, "-m", "pytest", "-p", "volops.testing.plugin", "--help"]
    known = set(re.findall(r"--stack[a-z-]*", subprocess.run(argv, capture_output=True, text=True).stdout))
    assert set(re.findall(r"--stack[a-z-]*", _PAGE)) == known


def test_the_package_that_it_installs_has_that_extra() -> None:
    assert "volops[acceptance]" in _PAGE
    assert re.search(r"^acceptance = \[.*pytest-bdd", (_ROOT / "pyproject.toml").read_text("utf-8"), re.M)


def test_what_is_left_after_kill_is_found_by_the_label_that_it_names() -> None:
    assert set(re.findall(r"label=([a-z.]+)", _PAGE)) == {LABEL, LABEL_PROJECT}


def test_what_it_says_is_left_out_is() -> None:
    assert {"container_name", "labels", "logging"} <= LEFT_OUT


def test_it_names_no_host_of_others() -> None:
    assert re.findall(r"https?://\S+", _PAGE) == []
