"""Sizes, durations and ages as people read them. Sizes are SI: 1 MB is 1,000,000 bytes, as in `docker`."""

from __future__ import annotations

from datetime import datetime

_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
_AGES = ((86_400 * 2, 86_400, "days"), (3_600 * 2, 3_600, "h"), (60, 60, "min"))


def size(count: int | None) -> str:
    """Bytes as `143 MB`: two digits at least, a decimal only below ten; `-` for None."""
    if count is None:
        return "-"
    value, unit = float(count), 0
    while round(value) >= 1000 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    digits = 1 if unit and value < 9.95 else 0
    return f"{value:.{digits}f} {_SIZES[unit]}"


def duration(seconds: float) -> str:
    """Seconds as `4.1 s`, `2 min 03 s` or `1 h 02 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def age(then: datetime | None, now: datetime) -> str:
    """How long ago `then` was: `just now`, `5 min ago`, `3 days ago`; `never` for None."""
    if then is None:
        return "never"
    seconds = (now - then).total_seconds()
    for least, unit, name in _AGES:
        if seconds >= least:
            return f"{int(seconds // unit)} {name} ago"
    return "just now"


def count(number: int, noun: str) -> str:
    """`1 volume`, `6 volumes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
