"""Which process runs which scenario: what several share is made once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_NOTING = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    report = pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call")
    item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
_TRIALS = ("_after_what", "data_is_outcome", "backendlogs", "unused_docker")


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The scenarios that each process of `pytest features/` is given; none is carried out."""
    home = tmp_path_factory.mktemp("workers")
    (home / "noting.py").write_text(_NOTING)
    files = (f"--html={home}/page.html", f"--junitxml={home}/junit.xml", f"--cucumberjson={home}/bdd.json")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "features/", "-v", "-p", "noting", "-p", "no:cacheprovider", *files],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": f"{home}:{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = defaultdict(set)
    for worker, name in re.findall(r"^\[(gw\d)\] .*? PASSED \S*?::(.*?) *$", run.stdout, re.MULTILINE):
        found[worker].add(name)
    assert len(found) == 2, run.stdout[-3000:]
    return dict(found)


def test_what_is_tried_once_is_tried_in_one_process(shares: dict[str, set[str]]) -> None:
    trials = {name for names in shares.values() for name in names if any(each in name for each in _TRIALS)}
    assert len(trials) > 60
    assert [len(names & trials) for names in shares.values() if names & trials] == [len(trials)]
