"""What is told at the end of `make test` of how long it took."""

from __future__ import annotations

from pathlib import Path

from scripts.slowest_tests import slowest_tests

_REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="3" time="70.2">
<testcase classname="tests.test_a" name="test_one" time="60.0"/>
<testcase classname="tests.test_a" name="test_two" time="5.25"/>
<testcase classname="tests.test_b" name="test_one" time="61.0"/>
</testsuite></testsuites>
"""


def test_the_wall_time_and_what_took_longest(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(_REPORT)
    assert list(slowest_tests(report)) == [
        f"{report}: 3 tests in 70 s; one after the other 126 s",
        "    65.2 s  tests.test_a",
        "    61.0 s  tests.test_b",
        "    61.0 s  tests.test_b::test_one",
        "    60.0 s  tests.test_a::test_one",
        "     5.2 s  tests.test_a::test_two",
    ]


def test_a_report_that_was_never_written_tells_of_none(tmp_path: Path) -> None:
    assert list(slowest_tests(tmp_path / "junit.xml")) == []
