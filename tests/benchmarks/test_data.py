"""The benchmark's data is what its title says, and the same every time."""

from __future__ import annotations

import json
import re
import zlib
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.images.tools import logs, media
from benchmarks.images.tools.database import copied, events, purchases
from benchmarks.images.tools.prose import Prose

ROOT = Path(__file__).parents[2]
COMBINED = re.compile(
    r"^\d+\.\d+\.\d+\.\d+ - - \[25/Oct/2025:\d\d:\d\d:\d\d \+0000\] "
    r'"(GET|POST) /\S* HTTP/1\.1" \d{3} \d+ "https://\S+" "Mozilla[^"]+" \d\.\d{3}\n$'
)


def test_seventy_percent_of_media_cannot_be_compressed(tmp_path: Path) -> None:
    media.main(tmp_path, 2)
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    sizes = {path: path.stat().st_size for path in files}
    stubborn = sum(size for path, size in sizes.items() if len(zlib.compress(path.read_bytes(), 1)) >= size)
    total = sum(sizes.values())
    assert 1_999_000 <= total <= 2_000_000
    assert 0.69 < stubborn / total < 0.71


def test_media_are_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        media.main(tmp_path / name, 1)
    first, second = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("a", "b")
    )
    assert first == second


def test_logs_are_in_the_format_of_nginx_and_in_order() -> None:
    day = datetime(2025, 10, 25, tzinfo=UTC)
    lines = list(logs.lines(Prose(1).dice, day, 100_000))
    assert all(COMBINED.match(line) for line in lines)
    assert 100_000 <= sum(map(len, lines)) < 101_000
    times = [line.split("[")[1].split("]")[0] for line in lines]
    assert times == sorted(times)


def test_routes_and_states_of_the_logs_are_percentages() -> None:
    assert sum(share for *_, share in logs.ROUTES) == 100
    assert sum(share for _, share in logs.STATUS) == 100


def test_rows_of_the_database_are_lines_that_copy_takes() -> None:
    lines = list(copied("event", islice(events(Prose(1)), 3)))
    assert lines[0] == "COPY event FROM STDIN;\n"
    assert lines[-1] == "\\.\n"
    identity, at, payload = lines[1].rstrip("\n").split("\t")
    assert len(identity) == 36
    assert datetime.fromisoformat(at).tzinfo is not None
    assert json.loads(payload)["kind"] in {"view", "click", "search", "buy"}
    assert list(islice(purchases(Prose(1)), 50)) == list(islice(purchases(Prose(1)), 50))


def test_the_locked_packages_name_no_registry() -> None:
    lock = json.loads((ROOT / "benchmarks/images/modules/package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]
    assert len(packages) > 1000
    assert all("resolved" not in package and package["integrity"] for package in packages)
