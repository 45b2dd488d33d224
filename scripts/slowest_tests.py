"""`python -m scripts.slowest_tests REPORT…`: how long a person waited for each run, and what took longest.

From JUnit reports. The whole of CI is to end within an hour on two cores, and the features within 25 minutes.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_SHOWN = 8


def slowest_tests(report: Path) -> Iterator[str]:
    """A line with the wall time of the run, then one for each of the slowest files and tests. A report that
    is not there tells of none."""
    if not report.exists():
        return
    suites = list(ElementTree.parse(report).iter("testsuite"))  # noqa: S314 - pytest has just written it
    cases = {
        f"{case.get('classname')}::{case.get('name')}": float(case.get("time") or 0)
        for suite in suites
        for case in suite.iter("testcase")
    }
    wall = sum(float(suite.get("time") or 0) for suite in suites)
    yield f"{report}: {len(cases)} tests in {wall:.0f} s; one after the other {sum(cases.values()):.0f} s"
    files: dict[str, float] = defaultdict(float)
    for name, seconds in cases.items():
        files[name.partition("::")[0]] += seconds
    for found in (files, cases) if len(files) > 1 else (cases,):
        for name, seconds in sorted(found.items(), key=lambda each: -each[1])[:_SHOWN]:
            yield f"  {seconds:6.1f} s  {name}"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print("\n".join(slowest_tests(Path(argument))))
