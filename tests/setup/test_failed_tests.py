"""What is told at the end of `make test` of the tests that failed long before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scripts.failed_tests import failed_tests

_TESTS = """
import pytest

@pytest.fixture
def nothing():
    raise OSError("no room")

def test_good():
    pass

@pytest.mark.parametrize("word", ["one", "two"])
def test_bad(word):
    raise ValueError(f"not {word}\\nat all")

def test_never_begun(nothing):
    pass
"""


def test_each_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(_TESTS)
    report = tmp_path / "junit.xml"
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    argv = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"]
    subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False)
    assert list(failed_tests(report)) == [
        "test_some::test_bad[one]: ValueError: not one",
        "test_some::test_bad[two]: ValueError: not two",
        'test_some::test_never_begun: failed on setup with "OSError: no room"',
    ]


def test_a_report_that_was_never_written_tells_of_none(tmp_path: Path) -> None:
    assert list(failed_tests(tmp_path / "junit.xml")) == []
