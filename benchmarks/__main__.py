"""`make bench`: prints how fast volops is, in one table.

BENCH_ROWS=media,logs chooses rows, BENCH_RUNS=9 the number of rounds, BENCH_KEEP=1 leaves projects and data
for the next time, BENCH_DIR=/mnt/x says where backups are written (some 5 GB; /var/tmp unless said).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Row
from benchmarks.restoring import RESTORES, back_up, restoring_goals, restoring_ways
from benchmarks.rounds import CommandFailed, in_turn
from benchmarks.stacks import Project, Sample, Volumes, space_for_backups, versions
from benchmarks.table import render
from benchmarks.ways import COMMANDS, SUBJECTS, command_ways, goals, ways

ROWS = (COMMANDS, *(subject.name for subject in SUBJECTS), *RESTORES)
_SHORT = 4
"""Rounds are this many times more for commands that take less than a second."""


def options(argv: Sequence[str]) -> argparse.Namespace:
    """The command line; what it leaves out comes from the environment."""
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("--rows", default=os.environ.get("BENCH_ROWS") or ",".join(ROWS))
    parser.add_argument("--runs", type=int, default=os.environ.get("BENCH_RUNS") or 5)
    parser.add_argument("--keep", action="store_true", default=bool(os.environ.get("BENCH_KEEP")))
    parser.add_argument("--directory", default=os.environ.get("BENCH_DIR") or "/var/tmp")  # noqa: S108
    chosen = parser.parse_args(argv)
    chosen.rows = chosen.rows.replace(",", " ").split()
    if unknown := set(chosen.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))} (choose from {', '.join(ROWS)})")
    if chosen.runs < 1:
        parser.error("at least one run")
    return chosen


def say(line: str) -> None:
    """To standard error: only the table is the output."""
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def removed_after(project: Project, *, keep: bool) -> Iterator[None]:
    """Remove the project's containers and volumes at the end, whatever happened."""
    try:
        yield
    finally:
        if not keep:
            say(f"removing {project.name}")
            project.remove()


def commands(space: Path, runs: int, *, keep: bool) -> Row:
    """The short commands, on a copy of the sample stack."""
    sample = Sample(space)
    with removed_after(sample, keep=keep):
        say("commands: starting a copy of the sample stack")
        sample.start()
        programs, targets = command_ways()
        series, load = in_turn(programs, _SHORT * runs, sample, say)
    return Row("on the sample stack", series, targets, load, compared=False)


def volumes(space: Path, names: Sequence[str], runs: int, *, keep: bool) -> tuple[list[Row], Sequence[str]]:
    """The rows of those names, of backups and of restores, and what took part."""
    rows: list[Row] = []
    project = Volumes(space)
    with removed_after(project, keep=keep):
        say("starting the stack to back up")
        project.start()
        try:
            for subject in SUBJECTS:
                if subject.name in names:
                    say(f"{subject.name}: making the data, unless it is there")
                    project.fill(subject.key)
                    series, load = in_turn(ways(subject, project), runs, project, say)
                    rows.append(Row(subject.title, series, goals(subject), load))
                    project.empty_space()
            for name, subject in RESTORES.items():
                if name in names:
                    say(f"{name}: making the data and the backups, unless they are there")
                    project.fill(subject.key)
                    back_up(subject, project)
                    series, load = in_turn(restoring_ways(subject, project), runs, project, say)
                    rows.append(Row(f"restore: {subject.title}", series, restoring_goals(subject), load))
                    project.empty_space()
            return rows, versions(project)
        finally:
            project.empty_space()


def main(argv: Sequence[str]) -> int:
    """Measure and print; 1 when something could not be run, never for a target that was missed."""
    chosen = options(argv)
    rows: list[Row] = []
    took_part: Sequence[str] = ()
    try:
        with space_for_backups(chosen.directory, keep=chosen.keep) as space:
            if COMMANDS in chosen.rows:
                rows.append(commands(space, chosen.runs, keep=chosen.keep))
            if set(chosen.rows) - {COMMANDS}:
                found, took_part = volumes(space, chosen.rows, chosen.runs, keep=chosen.keep)
                rows += found
    except CommandFailed as error:
        say(f"Error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    print(render(rows))
    rounds = f"{chosen.runs} rounds ({_SHORT * chosen.runs} of short commands)"
    print(f"\nMedians (least-most) of {rounds}, the ways in turn within each; page cache warm.")
    least, most = min(row.load.least for row in rows), max(row.load.most for row in rows)
    machine = f"{os.cpu_count()} CPUs, Linux {platform.release()}, load average {least:.1f}-{most:.1f}"
    print(machine, *took_part, sep="; ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
