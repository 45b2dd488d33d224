"""The benchmark's table as it is printed."""

from __future__ import annotations

from benchmarks.figures import MB, AtLeastAsFast, FasterThan, InMemory, Row, Sample, Series, Spread, Within
from benchmarks.table import render

LOGS = Row(
    "logs, 1 GB",
    (
        Series("docker run, tar czf", (Sample(20.0, stored=100 * MB), Sample(22.0, stored=100 * MB))),
        Series("volops", (Sample(2.0, 80 * MB, 61 * MB), Sample(2.0, 80 * MB, 60 * MB))),
        Series("restic, first", (Sample(6.0), Sample(6.0))),
    ),
    (AtLeastAsFast("volops", 11), InMemory("volops", 100 * MB), FasterThan("restic, first", 1.8)),
    Spread.of([1.0]),
)
COMMANDS = Row(
    "on the sample stack",
    (Series("volops --help", (Sample(0.2, peak=20 * MB),)),),
    (Within("volops --help", 0.25),),
    Spread.of([1.0]),
    compared=False,
)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_each_way_has_a_line_with_its_figures_and_what_it_was_to_reach() -> None:
    lines = render([LOGS]).splitlines()
    assert [cells(line) for line in lines[2:]] == [
        ["logs, 1 GB", "docker run, tar czf", "21.00 (20.00-22.00)", "1", "100 MB", "-", ""],
        [
            "",
            "volops",
            "2.00 (2.00-2.00)",
            "10.5 (10.0-11.0)",
            "80 MB",
            "61 MB",
            ">= 11x: short of it; < 100 MB: PASS",
        ],
        [
            "",
            "restic, first",
            "6.00 (6.00-6.00)",
            "3.5 (3.3-3.7)",
            "-",
            "-",
            "volops >= 1.8x as fast: 3.0x, PASS",
        ],
    ]


def test_rows_without_a_way_by_hand_have_no_ratio() -> None:
    last = render([LOGS, COMMANDS]).splitlines()[-1]
    assert cells(last) == [
        "on the sample stack",
        "volops --help",
        "0.20 (0.20-0.20)",
        "-",
        "-",
        "20 MB",
        "< 0.25 s: PASS",
    ]


def test_columns_are_as_wide_in_every_line() -> None:
    bars = [
        [position for position, char in enumerate(line) if char == "|"]
        for line in render([LOGS, COMMANDS]).splitlines()
    ]
    assert len(bars) == 6
    assert all(line == bars[0] for line in bars)
