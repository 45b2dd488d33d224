"""How each acceptance criterion came out, and the protection matrix: what the tags of scenarios add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from volops.testing.report.records import ScenarioRecord, Status

MATRIX = "matrix"
"""The tag of an outline with the columns `operation`, `data` and `outcome`, a row for each cell."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One acceptance criterion, and the scenarios that bear its tag."""

    tag: str
    title: str
    scenarios: tuple[ScenarioRecord, ...]

    @property
    def passed(self) -> int:
        """How many of them passed."""
        return sum(scenario.status is Status.PASSED for scenario in self.scenarios)

    @property
    def status(self) -> Status:
        """Met when all passed; without any it is not known."""
        if not self.scenarios:
            return Status.NOT_RUN
        return Status.PASSED if self.passed == len(self.scenarios) else Status.FAILED


@dataclass(frozen=True, slots=True)
class Matrix:
    """`cells` by operation and kind of data; a cell that no scenario ran for is not in it."""

    operations: tuple[str, ...]
    data: tuple[str, ...]
    cells: Mapping[tuple[str, str], ScenarioRecord]


def criteria_of(scenarios: Sequence[ScenarioRecord], titles: Mapping[str, str]) -> list[Criterion]:
    """One for each tag in `titles`, in that order."""
    return [
        Criterion(tag, title, tuple(each for each in scenarios if tag in each.tags))
        for tag, title in titles.items()
    ]


def matrix_of(scenarios: Sequence[ScenarioRecord]) -> Matrix | None:
    """The matrix of the scenarios that bear its tag; None when none does."""
    cells = {
        (each.example["operation"], each.example["data"]): each
        for each in scenarios
        if MATRIX in each.tags and {"operation", "data", "outcome"} <= each.example.keys()
    }
    if not cells:
        return None
    return Matrix(
        operations=tuple(dict.fromkeys(operation for operation, _ in cells)),
        data=tuple(dict.fromkeys(data for _, data in cells)),
        cells=cells,
    )
