"""What the benchmark measured, and what follows from it. Arithmetic only."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

MB = 1_000_000
PROVEN = "volops, made and proven"
"""What restores the data beside the live one and proves it: volops without its start, the swap, and the
services that stop for it and start again."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed run: wall seconds, bytes it left in the store, bytes of memory its largest process took."""

    seconds: float
    stored: int | None = None
    peak: int | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some figures, the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: Iterable[float]) -> Spread:
        """Raises ValueError when there are none."""
        values = sorted(figures)
        if not values:
            raise ValueError("no figures")
        return cls(statistics.median(values), values[0], values[-1])


@dataclass(frozen=True, slots=True)
class Series:
    """All samples of one way to do it, in the order of the rounds."""

    way: str
    samples: tuple[Sample, ...]

    @property
    def seconds(self) -> Spread:
        """Of all rounds."""
        return Spread.of(sample.seconds for sample in self.samples)

    @property
    def stored(self) -> int | None:
        """Bytes left in the store after the last round; None when that was not measured."""
        return self.samples[-1].stored

    @property
    def peak(self) -> int | None:
        """Bytes of memory at its worst; None when that was not measured."""
        return max((sample.peak for sample in self.samples if sample.peak is not None), default=None)

    def times_as_fast_as(self, other: Series) -> Spread:
        """Round by round, since what else the machine did in a round slowed down both."""
        pairs = zip(self.samples, other.samples, strict=True)
        return Spread.of(theirs.seconds / mine.seconds for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound that one figure of a way is to keep: `bound` is a ratio, bytes or seconds."""

    way: str
    bound: float


class AtLeastAsFast(Goal):
    """`bound` times as fast as the row's first way."""


class FasterThan(Goal):
    """What the row's `volops` is to be: `bound` times as fast as `way`."""


class AddsAtMost(Goal):
    """`bound` times what the row's `volops, made and proven` takes without it."""


class Within(Goal):
    """`bound` seconds."""


class InMemory(Goal):
    """`bound` bytes, in every round."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a goal came out."""

    goal: Goal
    figure: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One set of data, every way to back it up, the first being what all are compared with.

    `load` is the machine's load average (one minute) as it was before each timed run.
    """

    title: str
    series: tuple[Series, ...]
    goals: tuple[Goal, ...]
    load: Spread
    compared: bool = True

    def way(self, name: str) -> Series:
        """The series of that name. Raises KeyError."""
        for series in self.series:
            if series.way == name:
                return series
        raise KeyError(name)

    def verdicts(self) -> tuple[Verdict, ...]:
        """Every goal, judged by medians; memory by its worst."""
        return tuple(map(self._judge, self.goals))

    def _judge(self, goal: Goal) -> Verdict:
        series = self.way(goal.way)
        if isinstance(goal, AtLeastAsFast):
            figure = series.times_as_fast_as(self.series[0]).median
            return Verdict(goal, figure, figure >= goal.bound)
        if isinstance(goal, FasterThan):
            figure = self.way("volops").times_as_fast_as(series).median
            return Verdict(goal, figure, figure >= goal.bound)
        if isinstance(goal, AddsAtMost):
            pairs = zip(series.samples, self.way(PROVEN).samples, strict=True)
            figure = Spread.of(part.seconds / (both.seconds - part.seconds) for part, both in pairs).median
            return Verdict(goal, figure, figure <= goal.bound)
        figure = series.seconds.median if isinstance(goal, Within) else float(series.peak or 0)
        return Verdict(goal, figure, 0 < figure < goal.bound)
