"""What a scenario did: its steps, how long each took, and the evidence each of them left."""

from __future__ import annotations

import enum
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


class Status(enum.StrEnum):
    """How a step, a scenario or a feature came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One piece of evidence: a title, and either text as it was seen or a table of `rows` under `titles`."""

    title: str
    text: str = ""
    titles: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    wanted: bool = True
    """False for what a person only looks at when something is wrong."""


@dataclass(slots=True)
class StepRecord:
    """One step of a scenario. `rows` is the table that the feature file gives with it."""

    keyword: str
    text: str
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    status: Status = Status.NOT_RUN
    seconds: float = 0.0
    exhibits: list[Exhibit] = field(default_factory=list)


@dataclass(slots=True)
class ScenarioRecord:
    """One scenario, or one row of an outline: then `example` is the row. `tags` are without the @. `index` is
    its place among the tests of the run."""

    node: str
    feature: str
    about: str
    name: str
    place: str
    tags: frozenset[str] = frozenset()
    example: Mapping[str, str] = field(default_factory=dict)
    steps: list[StepRecord] = field(default_factory=list)
    status: Status = Status.NOT_RUN
    seconds: float = 0.0
    trouble: str = ""
    index: int = 0

    @property
    def anchor(self) -> str:
        """A name for links that is the same in every run."""
        return _anchor(self.node.rpartition("::")[2])


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """The scenarios of one feature file."""

    name: str
    about: str
    scenarios: tuple[ScenarioRecord, ...]

    @property
    def anchor(self) -> str:
        """A name for links."""
        return _anchor(f"feature {self.name}")

    @property
    def seconds(self) -> float:
        """How long all its scenarios took."""
        return sum(scenario.seconds for scenario in self.scenarios)

    @property
    def failed(self) -> int:
        """How many of its scenarios did not pass."""
        return sum(scenario.status is not Status.PASSED for scenario in self.scenarios)


class Recorder:
    """Where steps put what they see. Evidence that comes between two scenarios goes to the last one."""

    def __init__(self) -> None:
        self.scenarios: list[ScenarioRecord] = []
        self._started = 0.0
        self._at = 0
        self._witnesses: list[Callable[[], Sequence[Exhibit]]] = []

    def begin(self, scenario: ScenarioRecord) -> None:
        """A scenario begins; `scenario.steps` are those that it will have."""
        self.scenarios.append(scenario)
        self._witnesses.clear()
        self._at = -1

    def known(self, node: str) -> ScenarioRecord | None:
        """The scenario of that test, if it has begun."""
        return next((one for one in reversed(self.scenarios) if one.node == node), None)

    def adopt(self, scenario: ScenarioRecord) -> None:
        """Keep a scenario that another process records, instead of what was known of it."""
        known = self.known(scenario.node)
        if known is None:
            self.scenarios.append(scenario)
        else:
            self.scenarios[self.scenarios.index(known)] = scenario

    def on_failure(self, witness: Callable[[], Sequence[Exhibit]]) -> None:
        """Have `witness` asked for its exhibits if the scenario that runs now fails."""
        self._witnesses.append(witness)

    def begin_step(self) -> None:
        """The next step of the scenario begins."""
        self._at += 1
        self._started = time.monotonic()

    def end_step(self, status: Status) -> None:
        """The step ended; a failed one gets what the witnesses have to say."""
        step = self.scenarios[-1].steps[self._at]
        step.status = status
        step.seconds = time.monotonic() - self._started
        if status is Status.FAILED:
            for witness in self._witnesses:
                step.exhibits.extend(witness())

    def show(self, exhibit: Exhibit) -> None:
        """Keep a piece of evidence with the step that runs now."""
        if self.scenarios and self.scenarios[-1].steps:
            steps = self.scenarios[-1].steps
            steps[min(max(self._at, 0), len(steps) - 1)].exhibits.append(exhibit)

    def table(self, title: str, titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Keep a table."""
        cells = tuple(tuple(str(cell) for cell in row) for row in rows)
        self.show(Exhibit(title, titles=tuple(titles), rows=cells))

    def text(self, title: str, text: str) -> None:
        """Keep a text as it is."""
        self.show(Exhibit(title, text=text))

    def features(self) -> list[FeatureRecord]:
        """All that ran, by feature, in the order of the run's tests, whichever process ran each of them."""
        found = sorted(self.scenarios, key=lambda scenario: scenario.index)
        names = dict.fromkeys(scenario.feature for scenario in found)
        return [
            FeatureRecord(
                name,
                next(scenario.about for scenario in found if scenario.feature == name),
                tuple(scenario for scenario in found if scenario.feature == name),
            )
            for name in names
        ]


def _anchor(text: str) -> str:
    return re.sub(r"\W+", "-", text).strip("-").lower()
