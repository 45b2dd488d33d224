"""The rows about restores: what was backed up once comes back, by hand, by volops, by restic and by borg.

By hand, restic and borg unpack into an empty volume, or load into an empty database of a server that is
up, and that is all they do. volops makes the volume anew beside the live one, proves it, has it on disk,
stops the services that use it, swaps, starts them again and sees them well.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.figures import MB, PROVEN, AddsAtMost, AtLeastAsFast, Goal, InMemory
from benchmarks.rounds import Way
from benchmarks.stacks import VOLOPS, Volumes
from benchmarks.ways import DUMP, SUBJECTS, TAR_IMAGE, Subject

_CHECK = "volops, the proof alone"
SCRATCH = "/volumes/scratch"
_PSQL = "psql --quiet --host db --username postgres"
_EMPTY_COPY = f"{_PSQL} --command 'DROP DATABASE IF EXISTS copy' --command 'CREATE DATABASE copy'"
_TIMES = {"media": 1.0, "node_modules": 1 / 1.1, "logs": 1.0, "database": 1.2}


def row_name(subject: Subject) -> str:
    """How the row is chosen."""
    return f"restore-{subject.name}"


RESTORES = {row_name(subject): subject for subject in SUBJECTS}


def restoring_goals(subject: Subject) -> tuple[Goal, ...]:
    """What volops is to reach when it restores that data. By hand the database's server is up, and stays so:
    what is compared is the load, with its proof and all of it on the disk."""
    compared = PROVEN if subject.key == "database" else "volops"
    return (
        AtLeastAsFast(compared, _TIMES[subject.name]),
        InMemory("volops", 100 * MB),
        AddsAtMost(_CHECK, 0.4),
    )


def back_up(subject: Subject, project: Volumes) -> None:
    """Make what all ways restore: one backup of each kind."""
    project.empty_space()
    project.sh(f"rm -rf /volumes/{subject.key}/.volops")
    if subject.key == "database":
        # Left by the rounds before in a stack that was kept, it would be backed up and restored as well.
        project.sh(f"{_PSQL} --command 'DROP DATABASE IF EXISTS copy'")
    project.run(VOLOPS, "backup", subject.key)
    source = f"/volumes/{subject.key}"
    if subject.key == "database":
        project.sh(f"{DUMP} >/backup/by-hand.sql")
        source, restic = "-", "--stdin --stdin-filename shop.sql </backup/by-hand.sql"
    else:
        project.sh(f"tar czf /backup/by-hand -C {source} .")
        restic = source
    project.sh(f"restic --repo /backup/restic init; restic --repo /backup/restic backup --quiet {restic}")
    given = "</backup/by-hand.sql" if source == "-" else ""
    project.sh(f"borg init --encryption none /backup/borg; borg create /backup/borg::first {source} {given}")


def restoring_ways(subject: Subject, project: Volumes) -> tuple[Way, ...]:
    """Every way to bring it back; what the others are compared with comes first."""
    if subject.key == "database":
        ways = (_psql(project), *_loaded(project))
        ways = tuple(replace(way, prepare=_EMPTY_COPY) for way in ways)
    else:
        ways = (_untar(project), *_unpacked(project))
        ways = tuple(replace(way, prepare=f"find {SCRATCH} -mindepth 1 -delete") for way in ways)
    return (ways[0], _volops(subject), *ways[1:])


def _volops(subject: Subject) -> Way:
    return Way(
        "volops",
        (VOLOPS, "restore", "selected", subject.key, "--yes", "--json"),
        prepare=f"rm -rf /volumes/{subject.key}/.volops",
        own_memory=True,
        parts={PROVEN: lambda said: _told(said, "seconds"), _CHECK: lambda said: _told(said, "checking")},
    )


def _told(said: str, what: str) -> float:
    (volume,) = json.loads(said)["restore"]["volumes"]
    return float(volume[what])


def _untar(project: Volumes) -> Way:
    mounts = ("-v", f"{project.name}_scratch:/data", "-v", f"{project.environment['BENCH_SPACE']}:/backup")
    return Way(
        "docker run, tar xzf",
        ("docker", "run", "--rm", *mounts, TAR_IMAGE, "tar", "xzf", "/backup/by-hand", "-C", "/data"),
    )


def _unpacked(project: Volumes) -> Sequence[Way]:
    return (
        _inside("restic", project, f"restic --repo /backup/restic restore latest --quiet --target {SCRATCH}"),
        _inside("borg", project, f"cd {SCRATCH} && borg extract /backup/borg::first"),
    )


def _psql(project: Volumes) -> Way:
    file = shlex.quote(f"{project.environment['BENCH_SPACE']}/by-hand.sql")
    load = (
        f"docker exec -i {project.container('db')} psql --quiet --username postgres copy <{file} >/dev/null"
    )
    return Way("docker exec, psql < dump", ("bash", "-c", load))


def _loaded(project: Volumes) -> Sequence[Way]:
    load = f"{_PSQL} copy >/dev/null"
    return (
        _inside("restic", project, f"restic --repo /backup/restic dump latest shop.sql | {load}"),
        _inside("borg", project, f"borg extract --stdout /backup/borg::first | {load}"),
    )


def _inside(tool: str, project: Volumes, script: str) -> Way:
    return Way(tool, ("docker", "exec", project.container("tools"), "bash", "-o", "pipefail", "-c", script))
