"""The benchmark's table, as aligned Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.figures import (
    MB,
    AddsAtMost,
    AtLeastAsFast,
    FasterThan,
    InMemory,
    Row,
    Series,
    Spread,
    Verdict,
    Within,
)

HEADLINE = ("data", "way", "seconds", "x by hand", "stored", "memory", "target")
_NUMBERS = range(2, 6)


def render(rows: Iterable[Row]) -> str:
    """All rows in one table; a figure with its least and most in parentheses."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        verdicts = row.verdicts()
        for position, series in enumerate(row.series):
            title = row.title if position == 0 else ""
            mine = [_words(verdict) for verdict in verdicts if verdict.goal.way == series.way]
            lines.append((title, *_figures(row, series), "; ".join(mine)))
    return _aligned([HEADLINE, *lines])


def _figures(row: Row, series: Series) -> tuple[str, ...]:
    ratio = "-"
    if row.compared:
        ratio = "1" if series is row.series[0] else _spread(series.times_as_fast_as(row.series[0]), 1)
    return (series.way, _spread(series.seconds, 2), ratio, _megabytes(series.stored), _megabytes(series.peak))


def _spread(spread: Spread, digits: int) -> str:
    return f"{spread.median:.{digits}f} ({spread.least:.{digits}f}-{spread.most:.{digits}f})"


def _megabytes(size: int | None) -> str:
    return "-" if size is None else f"{size / MB:.0f} MB"


def _words(verdict: Verdict) -> str:
    result = "PASS" if verdict.kept else "short of it"
    figure, bound = verdict.figure, verdict.goal.bound
    match verdict.goal:
        case AtLeastAsFast():
            return f">= {bound:.2g}x: {result}"
        case FasterThan():
            return f"volops >= {bound:g}x as fast: {figure:.1f}x, {result}"
        case AddsAtMost():
            return f"adds <= {bound:.0%}: {figure:.0%}, {result}"
        case Within():
            return f"< {bound:g} s: {result}"
        case InMemory():
            return f"< {bound / MB:g} MB: {result}"
        case _:
            raise TypeError(verdict.goal)


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rule = [("-" * (width - 1) + ":") if n in _NUMBERS else "-" * width for n, width in enumerate(widths)]
    return "\n".join(
        "| "
        + " | ".join(_cell(text, width, n) for n, (text, width) in enumerate(zip(line, widths, strict=True)))
        + " |"
        for line in (lines[0], rule, *lines[1:])
    )


def _cell(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column in _NUMBERS else text.ljust(width)
