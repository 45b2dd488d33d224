"""Timing: one program from its start to its end, and several in turn."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.figures import Sample, Series, Spread

Part = Callable[[str], float]


class CommandFailed(Exception):
    """A program of the benchmark ended badly; the message holds the end of what it said."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do the same thing.

    `prepare` is a shell script that runs before, untimed, where the place runs its scripts. `stored` is the
    path there that is sized afterwards, `peak` a file there that holds kilobytes of memory; where
    `own_memory` is set, the memory of the timed process itself is taken. `parts` are series of their own, by
    name: how long a part of the whole took, out of what the program printed.
    """

    name: str
    argv: tuple[str, ...]
    prepare: str = ""
    stored: str = ""
    peak: str = ""
    own_memory: bool = False
    parts: Mapping[str, Part] = field(default_factory=dict)


class Place(Protocol):
    """Where programs run: timed ones with its environment, scripts beside them by `sh`."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Of timed programs."""
        ...

    def sh(self, script: str) -> str:
        """Run a shell script and return what it printed. Raises CommandFailed."""
        ...


def in_turn(
    ways: Sequence[Way], rounds: int, place: Place, say: Callable[[str], None]
) -> tuple[tuple[Series, ...], Spread]:
    """Run every way once, then every way again, and so on; return their samples and the machine's load.

    Interleaved, so that a busy moment of the machine meets them all and ratios stay comparable.
    """
    samples: dict[str, list[Sample]] = {name: [] for way in ways for name in (way.name, *way.parts)}
    loads: list[float] = []
    for number in range(1, rounds + 1):
        for way in ways:
            if way.prepare:
                place.sh(way.prepare)
            # What the one before left unwritten must not slow down the next.
            os.sync()
            loads.append(os.getloadavg()[0])
            sample, said = _measure(way, place)
            samples[way.name].append(sample)
            for name, part in way.parts.items():
                samples[name].append(Sample(part(said)))
            say(f"  {number}/{rounds} {way.name:30} {sample.seconds:7.2f} s  (load {loads[-1]:.1f})")
    return tuple(Series(name, tuple(found)) for name, found in samples.items()), Spread.of(loads)


def _measure(way: Way, place: Place) -> tuple[Sample, str]:
    seconds, peak, said = timed(way.argv, place.environment)
    if way.peak:
        peak = 1024 * int(place.sh(f"tail -n 1 {way.peak}"))
    stored = int(place.sh(f"du -sb {way.stored}").split()[0]) if way.stored else None
    return Sample(seconds, stored, peak if way.own_memory or way.peak else None), said


def timed(argv: Sequence[str], environment: Mapping[str, str]) -> tuple[float, int, str]:
    """Wall seconds of a program, the bytes of memory of its largest process, and what it printed.

    That is ru_maxrss of wait4(2): of the program and of all children it waited for, not of their sum.
    Raises CommandFailed.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        start = time.monotonic()
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=said, stderr=complained, env=dict(environment)
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        complained.seek(0)
        printed = said.read().decode("utf-8", "replace")
        if process.returncode != 0:
            told = printed + complained.read().decode("utf-8", "replace")
            raise CommandFailed(failure(argv, process.returncode, told))
    return seconds, usage.ru_maxrss * 1024, printed


def failure(argv: Sequence[str], code: int, said: str) -> str:
    """What to say of a program that failed."""
    lines = said.strip().splitlines()[-5:]
    return "\n  ".join([f"{Path(argv[0]).name} ended with {code}: {' '.join(argv)}", *lines])
