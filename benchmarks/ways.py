"""The rows of the table: what is backed up, in which ways, and what volops is to reach."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.figures import MB, AtLeastAsFast, FasterThan, Goal, InMemory, Within
from benchmarks.rounds import Way
from benchmarks.stacks import VOLOPS, Volumes

TAR_IMAGE = "debian:trixie-slim"
DUMP = "pg_dump --host db --username postgres shop"


@dataclass(frozen=True, slots=True)
class Subject:
    """One set of data. `key` is its volume in benchmarks/compose.yaml, `times` the goal by hand."""

    name: str
    title: str
    key: str
    times: float


SUBJECTS = (
    Subject("media", "media, 1 GB, 70 % incompressible", "media", 9),
    Subject("node_modules", "node_modules, 42,700 files, 530 MB", "modules", 6),
    Subject("logs", "nginx logs, 1 GB", "logs", 6),
    Subject("database", "PostgreSQL 17, 600 MB", "database", 3.5),
)
COMMANDS = "commands"


def goals(subject: Subject) -> tuple[Goal, ...]:
    """What volops is to reach on that data."""
    return (
        AtLeastAsFast("volops", subject.times),
        InMemory("volops", 100 * MB),
        FasterThan("restic, first", 1.8),
    )


def ways(subject: Subject, project: Volumes) -> tuple[Way, ...]:
    """Every way to back it up; what the others are compared with comes first."""
    by_hand = _dump_and_gzip(project) if subject.key == "database" else _tar(subject, project)
    every = (by_hand, _volops(subject), *_restic(subject, project), *_borg(subject, project))
    return tuple(replace(way, prepare=f"{way.prepare}\n{_warm(subject)}") for way in every)


def _warm(subject: Subject) -> str:
    """A script that reads all of the data, since some machines do not cache for long what nobody reads."""
    return f"find /volumes/{subject.key} -type f -exec cat {{}} + | wc -c"


def command_ways() -> tuple[tuple[Way, ...], tuple[Goal, ...]]:
    """The commands whose time is mostly start-up."""
    ways = (
        Way("volops --help", (VOLOPS, "--help"), own_memory=True),
        Way("volops volumes", (VOLOPS, "volumes"), own_memory=True),
    )
    return ways, (Within("volops --help", 0.25), Within("volops volumes", 1))


def _tar(subject: Subject, project: Volumes) -> Way:
    volume, space = f"{project.name}_{subject.key}", project.environment["BENCH_SPACE"]
    mounts = ("-v", f"{volume}:/data", "-v", f"{space}:/backup")
    return Way(
        "docker run, tar czf",
        ("docker", "run", "--rm", *mounts, TAR_IMAGE, "tar", "czf", "/backup/by-hand", "-C", "/data", "."),
        prepare="rm -f /backup/by-hand",
        stored="/backup/by-hand",
    )


def _dump_and_gzip(project: Volumes) -> Way:
    dump = f"docker exec {project.container('db')} pg_dump --username postgres shop"
    file = shlex.quote(f"{project.environment['BENCH_SPACE']}/by-hand")
    return Way(
        "docker exec, pg_dump | gzip",
        ("bash", "-c", f"set -o pipefail; {dump} | gzip >{file}"),
        prepare="rm -f /backup/by-hand",
        stored="/backup/by-hand",
    )


def _volops(subject: Subject) -> Way:
    return Way(
        "volops",
        (VOLOPS, "backup", subject.key),
        prepare="rm -rf /backup/volops",
        stored="/backup/volops",
        own_memory=True,
    )


def _restic(subject: Subject, project: Volumes) -> Sequence[Way]:
    backup = "restic --repo /backup/restic backup --quiet"
    renew = "rm -rf /backup/restic; restic --repo /backup/restic init"
    if subject.key == "database":
        script = _memory(f"{backup} --stdin --stdin-filename shop.sql", dump=True)
        return _twice("restic", project, renew, script, script)
    script = _memory(f"{backup} /volumes/{subject.key}")
    return _twice("restic", project, renew, script, script)


def _borg(subject: Subject, project: Volumes) -> Sequence[Way]:
    renew = "rm -rf /backup/borg; borg init --encryption none /backup/borg"
    dump = subject.key == "database"
    what = "-" if dump else f"/volumes/{subject.key}"
    first, second = (
        _memory(f"borg create /backup/borg::{name} {what}", dump=dump) for name in ("first", "second")
    )
    return _twice("borg", project, renew, first, second)


def _memory(command: str, *, dump: bool = False) -> str:
    """`command` as a script that leaves its largest process' memory in a file."""
    measured = f"/usr/bin/time --format %M --output /backup/peak {command}"
    return f"set -o pipefail; {DUMP} | {measured}" if dump else measured


def _twice(tool: str, project: Volumes, renew: str, first: str, second: str) -> Sequence[Way]:
    """Into a new repository, then again with nothing changed; in a container that runs already."""
    inside = ("docker", "exec", project.container("tools"), "bash", "-c")
    stored, peak = f"/backup/{tool}", "/backup/peak"
    return (
        Way(f"{tool}, first", (*inside, first), prepare=renew, stored=stored, peak=peak),
        Way(f"{tool}, unchanged", (*inside, second), stored=stored, peak=peak),
    )
