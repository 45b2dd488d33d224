"""How the benchmark runs programs: in turn, prepared, and with what they left behind measured."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.rounds import CommandFailed, Way, in_turn


class Directory:
    """A place whose scripts and programs run in one directory."""

    def __init__(self, path: Path) -> None:
        self.environment: Mapping[str, str] = {**os.environ, "PLACE": str(path)}

    def sh(self, script: str) -> str:
        done = subprocess.run(
            ["sh", "-ec", script], env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout


def way(name: str, script: str, **settings: object) -> Way:
    return Way(name, ("sh", "-ec", script), **settings)  # type: ignore[arg-type]


def test_ways_take_turns_and_each_is_prepared_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ways = [
        way("a", 'echo a >>"$PLACE/log"', prepare='echo before-a >>"$PLACE/log"'),
        way("b", 'echo b >>"$PLACE/log"'),
    ]
    series, _ = in_turn(ways, 2, Directory(tmp_path), lambda _: None)
    assert log.read_text().split() == ["before-a", "a", "b"] * 2
    assert [(found.way, len(found.samples)) for found in series] == [("a", 2), ("b", 2)]


def test_what_a_way_stored_is_sized(tmp_path: Path) -> None:
    storing = way("a", 'head -c 12345 /dev/zero >"$PLACE/stored"', stored='"$PLACE/stored"')
    ((series,), _) = in_turn([storing], 1, Directory(tmp_path), lambda _: None)
    assert series.stored == 12345


def test_memory_is_that_of_the_program_or_what_it_left_in_a_file(tmp_path: Path) -> None:
    ways = [
        way("neither", "true"),
        way("own", "true", own_memory=True),
        way("noted", 'echo 2048 >"$PLACE/peak"', peak='"$PLACE/peak"'),
    ]
    (neither, own, noted), _ = in_turn(ways, 1, Directory(tmp_path), lambda _: None)
    assert neither.peak is None
    assert own.peak is not None
    assert 100_000 < own.peak < 1_000_000_000
    assert noted.peak == 2048 * 1024


def test_parts_of_the_whole_are_read_out_of_what_the_program_printed(tmp_path: Path) -> None:
    telling = way("a", "echo 0.25; echo noise >&2", parts={"part of a": float})
    (whole, part), _ = in_turn([telling], 2, Directory(tmp_path), lambda _: None)
    assert (whole.way, part.way) == ("a", "part of a")
    assert [sample.seconds for sample in part.samples] == [0.25, 0.25]


def test_a_program_that_fails_ends_the_measurement_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"sh ended with 3: [\s\S]*disk on fire"):
        in_turn([way("a", "echo disk on fire >&2; exit 3")], 1, Directory(tmp_path), lambda _: None)
