"""Sizes, durations and ages in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from volops.cli.units import age, count, duration, size


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, "-"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (142_600_000, "143 MB"),
        (999_600, "1.0 MB"),
        (2_500_000_000, "2.5 GB"),
        (10**18, "1000 PB"),
    ],
)
def test_size(given: int | None, shown: str) -> None:
    assert size(given) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0 s"), (4.12, "4.1 s"), (59.97, "1 min 00 s"), (123, "2 min 03 s"), (3725, "1 h 02 min")],
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(minutes=119), "119 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_age(ago: timedelta, shown: str) -> None:
    now = datetime.now(UTC)
    assert age(now - ago, now) == shown


def test_age_of_what_never_was() -> None:
    assert age(None, datetime.now(UTC)) == "never"


def test_count() -> None:
    assert (count(1, "volume"), count(6, "volume")) == ("1 volume", "6 volumes")
