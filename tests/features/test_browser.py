"""The report as a person sees it: on a desk, on a phone, on paper, by day and by night."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.features.browser import Browser
from tests.features.looking import require_one_file, require_printable, require_readable

_FEATURE = """
Feature: Data persists
  What is written stays.

  @AC1
  Scenario: A row is still there
    Given a row
    Then it is found

  @AC1 @AC4
  Scenario: A file is lost
    Given a row
    When "nothing" is done
    Then it is lost
    And nobody sees this step

  @matrix
  Scenario Outline: <operation> and <data>
    Given a row
    Then the outcome is "<outcome>"

    Examples:
      | operation | data     | outcome   |
      | down      | Database | Preserved |
      | down      | Cache    | Preserved |
      | clean-all | Database | Removed   |
      | clean-all | Cache    | Preserved |
"""
_CONFTEST = """
import pytest
from pytest_bdd import given, parsers, then, when
from volops.testing.report.plugin import FeatureReport

@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    report = FeatureReport(config)
    report.choose_files()
    report.secrets.add("Tr0ub4dor")
    config.pluginmanager.register(report, "report")
    config.stash[_KEY] = report

_KEY = pytest.StashKey()

@pytest.fixture
def recorder(request):
    return request.config.stash[_KEY].recorder

@given("a row")
def row(recorder):
    recorder.table("volumes before", ["volume", "rows"], [["books", 3], ["a-very-long-volume-name" * 6, 1]])
    recorder.text("$ volops backup --password Tr0ub4dor   → exit 0", "long output " * 40)

@then("it is found")
def found(): pass

@when(parsers.parse('"{what}" is done'))
def done(what): pass

@then("it is lost")
def lost(recorder):
    recorder.on_failure(lambda: [])
    assert "Tr0ub4dor" == "the row"

@then("nobody sees this step")
def unseen(): pass

@then(parsers.parse('the outcome is "{outcome}"'))
def outcome(outcome, request):
    assert (outcome, "Cache") != ("Preserved", "Cache") or "clean-all" not in request.node.name
"""


@dataclass(frozen=True)
class Written:
    """The files of a run of which a part failed."""

    page: Path
    junit: Path
    cucumber: Path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    home = tmp_path_factory.mktemp("report")
    (home / "sample.feature").write_text(_FEATURE)
    (home / "conftest.py").write_text(_CONFTEST)
    (home / "test_sample.py").write_text("from pytest_bdd import scenarios\nscenarios('sample.feature')\n")
    argv = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider", str(home)]
    search = os.pathsep.join(path for path in sys.path if path)
    said = subprocess.run(
        argv, cwd=home, env={**os.environ, "PYTHONPATH": search}, capture_output=True, text=True, check=False
    )
    assert "2 failed, 4 passed" in said.stdout, said.stdout + said.stderr
    reports = home / "reports"
    return Written(reports / "acceptance.html", reports / "junit.xml", reports / "cucumber.json")


@pytest.fixture(scope="module")
def browser(image: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(image("browser"), tmp_path_factory.getbasetemp()) as browser:
        yield browser


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("width", [360, 1280], ids=["phone", "desk"])
def test_it_can_be_read(browser: Browser, written: Written, width: int, dark: bool) -> None:
    require_readable(browser, written.page, width=width, dark=dark)


def test_on_paper_every_scenario_is_open_and_ink_is_dark(browser: Browser, written: Written) -> None:
    require_printable(browser, written.page)


def test_it_is_one_file(browser: Browser, written: Written) -> None:
    require_one_file(browser, written.page)


def test_criteria_come_first_with_their_outcome(browser: Browser, written: Written) -> None:
    browser.open(written.page, width=1280, height=800, dark=False)
    rows = "[...document.querySelectorAll('.criteria tbody tr')]"
    outcomes = browser.evaluate(
        f"{rows}.map((row) => [row.cells[0].innerText, row.cells[2].innerText, row.className])"
    )
    assert outcomes == [
        ["AC1", "✗ not met", "failed"],
        ["AC2", "\N{EN DASH} not run", "not-run"],
        ["AC3", "\N{EN DASH} not run", "not-run"],
        ["AC4", "✗ not met", "failed"],
    ]
    above = "document.querySelector('.criteria').getBoundingClientRect().top"
    assert browser.evaluate(f"{above} < document.querySelector('.feature').getBoundingClientRect().top")


def test_the_matrix_is_coloured_by_what_happened(browser: Browser, written: Written) -> None:
    browser.open(written.page, width=1280, height=800, dark=False)
    cells = "[...document.querySelectorAll('.matrix tbody td')]"
    found = browser.evaluate(f"{cells}.map((cell) => [cell.innerText, cell.className])")
    assert found == [
        ["Preserved", "kept"],
        ["Preserved", "kept"],
        ["Removed", "gone"],
        ["not Preserved", "wrong"],
    ]
    colours = browser.evaluate(f"{cells}.map((cell) => getComputedStyle(cell).backgroundColor)")
    assert len(set(colours)) == 3


def test_a_cell_leads_to_its_scenario(browser: Browser, written: Written) -> None:
    browser.open(written.page, width=1280, height=800, dark=False)
    browser.evaluate("document.querySelector('.matrix td.kept a').click()")
    opened = browser.evaluate(
        "new Promise((done) => requestAnimationFrame(() => "
        "done(document.getElementById(location.hash.slice(1)).open)))"
    )
    assert opened is True


def test_programs_can_read_the_same(written: Written) -> None:
    cases = list(ElementTree.parse(written.junit).iter("testcase"))  # noqa: S314 - our own file
    assert len(cases) == 6
    assert sum(case.find("failure") is not None for case in cases) == 2
    (feature,) = json.loads(written.cucumber.read_text("utf-8"))
    tags = [{tag["name"] for tag in each["tags"]} for each in feature["elements"]]
    assert tags[:3] == [{"AC1"}, {"AC1", "AC4"}, {"matrix"}]
    results = [step["result"]["status"] for step in feature["elements"][1]["steps"]]
    assert results[:3] == ["passed", "passed", "failed"]


def test_no_secret_is_in_any_of_them(written: Written) -> None:
    for path in (written.page, written.junit, written.cucumber):
        assert "Tr0ub4dor" not in path.read_text("utf-8")
    assert "••••••" in written.page.read_text("utf-8")
