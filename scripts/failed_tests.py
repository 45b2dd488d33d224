"""`python -m scripts.failed_tests REPORT…`: the tests that failed, a line each, from JUnit reports.

CI shows the end of its output; what went wrong half an hour before must be there, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_WIDTH = 200


def failed_tests(report: Path) -> Iterator[str]:
    """Name and first line of the reason of each. A report that is not there tells of none."""
    if not report.exists():
        return
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest has just written it
        for trouble in (*case.iter("failure"), *case.iter("error")):
            name = f"{case.get('classname')}::{case.get('name')}"
            reason = (trouble.get("message") or "").strip().partition("\n")[0]
            yield f"{name}: {reason}"[:_WIDTH]


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        for line in failed_tests(Path(argument)):
            print(f"failed: {line}")
