"""Steps that follow the README, and hold what is printed against what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_bdd import parsers, then, when

from features.world.commands import Run
from features.world.engine import ROOT
from features.world.project import Project
from volops.testing.report.records import Recorder

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(_backup_)\d{8}_\d{6}")
_FIGURE = re.compile(r"\b\d[\d.,]*(?: (?:B|kB|MB|GB|ms|s|min|h)\b)?")


@when(
    parsers.parse('I run the commands under "{heading}" of the README'),
    target_fixture="shown_and_said",
)
def run_readme(heading: str, project: Project) -> list[tuple[str, Run]]:
    """In their order; each must succeed."""
    found = []
    for line, shown in _commands(heading):
        run = project.run(line)
        assert run.code == 0, run.output
        found.append((shown, run))
    assert found, f"the README has no commands under {heading!r}"
    return found


@then("each prints what the README shows, but for its numbers")
def prints_that(shown_and_said: list[tuple[str, Run]], recorder: Recorder) -> None:
    for shown, run in shown_and_said:
        recorder.table(run.line, ["in the README", "printed"], [[shown, run.output]])
        assert _shape(shown) == _shape(run.output)


def _commands(heading: str) -> Iterator[tuple[str, str]]:
    """Each command line of the section, and what is shown below it."""
    text = (ROOT / "README.md").read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for block in _BLOCK.findall(section):
        for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = each.partition("\n")
            yield line, shown


def _shape(text: str) -> list[str]:
    """Its lines without figures and padding. Services may get well in any order."""
    lines = (_FIGURE.sub("N", _NAME.sub(r"\1TIME", line)) for line in text.splitlines())
    return sorted(" ".join(line.split()) for line in lines if line)
