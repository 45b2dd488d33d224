"""The arithmetic behind the benchmark's table."""

from __future__ import annotations

import pytest

from benchmarks.figures import (
    MB,
    PROVEN,
    AddsAtMost,
    AtLeastAsFast,
    FasterThan,
    Goal,
    InMemory,
    Row,
    Sample,
    Series,
    Spread,
    Within,
)


def series(way: str, *seconds: float, peak: int | None = None) -> Series:
    return Series(way, tuple(Sample(each, peak=peak) for each in seconds))


def row(*found: Series, goals: tuple[Goal, ...] = ()) -> Row:
    return Row("data", found, goals, Spread.of([1.0]))


def test_a_spread_is_the_median_with_the_least_and_the_most() -> None:
    assert Spread.of([5, 1, 2, 100, 3]) == Spread(3, 1, 100)
    assert Spread.of([4, 2]) == Spread(3, 2, 4)


def test_no_figures_have_no_spread() -> None:
    with pytest.raises(ValueError, match="no figures"):
        Spread.of([])


def test_a_ratio_is_taken_within_each_round_since_a_busy_round_slows_down_both() -> None:
    by_hand, volops = series("by hand", 10, 40, 10), series("volops", 1, 4, 2)
    assert volops.times_as_fast_as(by_hand) == Spread(10, 5, 10)


def test_ways_with_different_numbers_of_rounds_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="longer"):
        series("volops", 1, 2).times_as_fast_as(series("by hand", 1, 2, 3))


def test_memory_is_that_of_the_worst_round() -> None:
    measured = Series("volops", (Sample(1, peak=50), Sample(1, peak=70), Sample(1, peak=60)))
    assert measured.peak == 70
    assert series("by hand", 1).peak is None


@pytest.mark.parametrize(
    ("goal", "figure", "kept"),
    [
        (AtLeastAsFast("volops", 5), 5.0, True),
        (AtLeastAsFast("volops", 5.1), 5.0, False),
        (FasterThan("restic", 1.5), 1.5, True),
        (FasterThan("restic", 1.6), 1.5, False),
        (Within("volops", 2.1), 2.0, True),
        (Within("volops", 2), 2.0, False),
        (InMemory("volops", 61 * MB), 60.0 * MB, True),
        (InMemory("volops", 60 * MB), 60.0 * MB, False),
    ],
)
def test_goals_are_judged_by_medians(goal: Goal, figure: float, kept: bool) -> None:
    by_hand, restic = series("by hand", 10, 10, 90), series("restic", 3, 3, 3)
    volops = series("volops", 2, 2, 2, peak=60 * MB)
    verdict = row(by_hand, volops, restic, goals=(goal,)).verdicts()[0]
    assert (verdict.figure, verdict.kept) == (figure, kept)


def test_what_a_part_adds_is_told_by_what_the_rest_takes() -> None:
    whole, part = series(PROVEN, 14, 30), series("part", 4, 10)
    for most, kept in ((0.46, True), (0.44, False)):
        (verdict,) = row(whole, part, goals=(AddsAtMost("part", most),)).verdicts()
        assert verdict.figure == pytest.approx(0.45)
        assert verdict.kept == kept


def test_memory_that_was_not_measured_keeps_no_goal() -> None:
    (verdict,) = row(series("volops", 1), goals=(InMemory("volops", 100),)).verdicts()
    assert not verdict.kept


def test_a_goal_for_a_way_that_was_not_measured_is_an_error() -> None:
    with pytest.raises(KeyError):
        row(series("volops", 1), goals=(Within("restic", 1),)).verdicts()
