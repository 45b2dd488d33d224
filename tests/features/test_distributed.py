"""The report of a run whose scenarios ran in several processes: nothing that one of them saw is missing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

_SECRET = "open-sesame"
_CONFTEST = f"""
import os
import pytest
from pytest_bdd import given, parsers, then
from volops.testing.report.plugin import FeatureReport

@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    config.report = FeatureReport(config)
    config.report.choose_files()
    config.pluginmanager.register(config.report, "a-report")

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.name.rpartition("_")[2]))

@given(parsers.parse("a worker that sees {{what}}"))
def sees(what, request):
    request.config.report.secrets.add("{_SECRET}")
    request.config.report.recorder.text("what it saw", what + " by " + os.environ["PYTEST_XDIST_WORKER"])
    print("{_SECRET}")

@then("all is well")
def well():
    pass

@then("it is wrong")
def wrong():
    raise AssertionError("{_SECRET} is wrong")

@then("its process is gone")
def gone():
    os._exit(3)

@pytest.fixture
def broken():
    raise OSError("no room")

@given("nothing can be had", target_fixture="nothing")
def nothing(broken):
    pass
"""
_FEATURE = """
Feature: Two of them
  Scenario: Goes well
    Given a worker that sees apples
    Then all is well

  Scenario: Goes wrong
    Given a worker that sees pears
    Then it is wrong
"""
_ODD = "Kq1&Kq2<Kq3>Kq4'Kq5\"Kq6\\Kq7éKq8 Kq9$Kq0%Kqa/Kqb"
"""A password of which each writer of a report, and each program, escapes something else."""
_TELLING = """
import html, json, os
import pytest
from pytest_bdd import given, then
from urllib.parse import quote

ODD = os.environ["AN_ODD_PASSWORD"]

@given("a program that shows a password")
def shows(request):
    report = request.config.report
    report.secrets.add(ODD)
    shown = [ODD, json.dumps({"password": ODD}), repr([ODD]), ascii([ODD]), quote(ODD, safe="")]
    report.recorder.text("as it is " + ODD, chr(10).join(shown))
    report.recorder.table("in a table", ["word"], [[each] for each in shown])
    print(*shown)

@then("it is in what went wrong, too")
def wrong():
    said = {"said": ODD}
    assert said == {}, f"{ODD} and {ODD!r} are wrong"
"""
_TOLD = """
Feature: Telling
  Scenario: Tells it everywhere
    Given a program that shows a password
    Then it is in what went wrong, too
"""
_CRASH = """
  Scenario: Breaks off
    Given a worker that sees nuts
    Then its process is gone
"""


def _run(directory: Path, feature: str, *options: str) -> subprocess.CompletedProcess[str]:
    (directory / "conftest.py").write_text(_CONFTEST)
    (directory / "fruit.feature").write_text(feature)
    (directory / "test_fruit.py").write_text("from pytest_bdd import scenarios\nscenarios('.')\n")
    (directory / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--import-mode=importlib",
            "-n",
            "2",
            "--dist",
            "loadgroup",
            *options,
        ],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes have run two scenarios."""
    made = tmp_path_factory.mktemp("distributed")
    assert _run(made, _FEATURE).returncode == 1
    return made


def test_what_each_process_saw_is_in_one_page(directory: Path) -> None:
    page = (directory / "reports" / "acceptance.html").read_text()
    assert "1 of 2 scenarios failed" in page
    assert "apples by gw" in page
    assert "pears by gw" in page
    assert page.index("apples by gw") < page.index("pears by gw")
    assert "is wrong" in page


def test_programs_that_read_it_find_every_step(directory: Path) -> None:
    (feature,) = json.loads((directory / "reports" / "cucumber.json").read_text())
    steps = {
        element["name"]: [step["result"]["status"] for step in element["steps"]]
        for element in feature["elements"]
    }
    assert steps == {"Goes well": ["passed", "passed"], "Goes wrong": ["passed", "failed"]}
    junit = (directory / "reports" / "junit.xml").read_text()
    assert 'name="test_goes_well"' in junit
    assert 'name="test_goes_wrong"' in junit


def test_the_secrets_of_each_process_are_in_no_file(directory: Path) -> None:
    files = list((directory / "reports").iterdir())
    assert len(files) == 3
    assert [file.name for file in files if _SECRET in file.read_text()] == []


def test_no_part_of_an_odd_password_is_in_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes of `&`, quotes and the like in HTML, XML, JSON, an address and what Python shows."""
    monkeypatch.setenv("AN_ODD_PASSWORD", _ODD)
    (tmp_path / "telling.py").write_text(_TELLING)
    done = _run(tmp_path, _TOLD, "-n", "0", "-p", "telling")
    assert done.returncode == 1, done.stdout
    files = {file.name: file.read_text("utf-8") for file in (tmp_path / "reports").iterdir()}
    assert files.keys() == {"acceptance.html", "junit.xml", "cucumber.json"}
    parts = {name: re.findall(r".{0,30}Kq\w.{0,30}", text) for name, text in files.items()}
    assert parts == {name: [] for name in files}
    assert all("are wrong" in text for text in files.values())


def test_a_process_that_is_gone_counts_as_a_failure(tmp_path: Path) -> None:
    done = _run(tmp_path, _FEATURE.partition("  Scenario: Goes wrong")[0] + _CRASH)
    assert done.returncode == 1
    page = (tmp_path / "reports" / "acceptance.html").read_text()
    assert "1 of 2 scenarios failed" in page
    assert "test_breaks_off" in page
