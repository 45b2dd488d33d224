"""Fills a directory with the access logs of a busy nginx: 1 GB, rotated by day and not compressed.

Usage: python3 -m tools.logs DIRECTORY [MEGABYTES]

Addresses, pages and agents are as unevenly spread as visitors are, in nginx's combined format with the
request's time at the end. The same call makes the same files.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20251025
DAYS = 14
NEWEST = datetime(2025, 10, 25, tzinfo=UTC)
ROUTES = (
    ("GET", "/", 18),
    ("GET", "/api/users/?page={}", 10),
    ("GET", "/api/uploads/{}/", 22),
    ("POST", "/api/login/", 3),
    ("GET", "/articles/{}", 16),
    ("GET", "/media/uploads/2025/07/{}.jpg", 14),
    ("GET", "/static/js/chunk-{}.js", 9),
    ("GET", "/static/css/main.css", 5),
    ("GET", "/search?q={}", 3),
)
STATUS = ((200, 86), (304, 6), (301, 2), (404, 4), (401, 1), (500, 1))
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko)"
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
    WINDOWS + " Chrome/{0}.0.0.0 Safari/537.36",
    MAC + " Version/{0}.5 Safari/605.1.15",
    ANDROID + " Chrome/{0}.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.{0}; +http://www.google.com/bot.html)",
)


class Visitors:
    """Who comes, with what, from where: a few of them most of the time."""

    def __init__(self, dice: random.Random) -> None:
        self._roll = dice.random
        self._addresses = [".".join(str(dice.randint(1, 254)) for _ in range(4)) for _ in range(40_000)]
        self._agents = [dice.choice(BROWSERS).format(dice.randint(90, 142)) for _ in range(400)]
        self._requests = [f"{method} {path}" for method, path, share in ROUTES for _ in range(share)]
        self._status = [code for code, share in STATUS for _ in range(share)]

    def line(self, stamp: str) -> str:
        """One request, made at the time `stamp`."""
        roll = self._roll
        visitor = int(40_000 * roll() ** 3)
        request = self._requests[int(100 * roll())].format(int(90_000 * roll() ** 2))
        referer = f"https://example.org/articles/{int(9_000 * roll() ** 2)}"
        status, size = self._status[int(100 * roll())], int(60_000 * roll() ** 2)
        return (
            f'{self._addresses[visitor]} - - [{stamp}] "{request} HTTP/1.1" {status} {size} '
            f'"{referer}" "{self._agents[visitor % 400]}" {roll() ** 3:.3f}\n'
        )


def lines(dice: random.Random, day: datetime, size: int) -> Iterator[str]:
    """One day's log of about `size` bytes, in the order of time; a second sees many requests."""
    visitors, written = Visitors(dice), 0
    for second in range(86_400):
        stamp = (day + timedelta(seconds=second)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        while written < size * (second + 1) // 86_400:
            line = visitors.line(stamp)
            written += len(line)
            yield line


def main(directory: Path, megabytes: int) -> None:
    for age in range(DAYS):
        name = "access.log" if age == 0 else f"access.log.{age}"
        dice = random.Random(SEED + age)
        with (directory / name).open("w") as log:
            log.writelines(lines(dice, NEWEST - timedelta(days=age), megabytes * 1_000_000 // DAYS))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
