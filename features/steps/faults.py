"""Steps about what goes wrong: signals, kills, damaged files, full disks, bad plugins, no engine."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from pytest_bdd import given, parsers, then, when

from features.world import damage, postgres, tampering
from features.world.backup import Backup, written_so_far
from features.world.commands import Background, Run
from features.world.engine import ROOT, docker
from features.world.old_engine import OldEngine
from features.world.private_mounts import listing, over
from features.world.project import Project
from features.world.waiting import wait_for
from volops.testing.report.records import Recorder

_HALF_WAY_BYTES = 1 << 18
_KILL_PG_DUMP = """
for process in /proc/[0-9]*; do
    if [ "$(cat "$process/comm" 2>/dev/null)" = pg_dump ]; then kill -9 "${process#/proc/}" && echo killed; fi
done
"""
_LEAVE = """
cd "$PGDATA"
free=$(df --output=avail --block-size=1M . | tail -n 1)
head -c "$((free - $1))M" /dev/zero >filler
"""
_DAMAGE: dict[str, Callable[[Backup], str]] = {
    "a flipped bit in the database's dump": lambda backup: damage.flip_bit(damage.dump(backup)),
    "a flipped bit in the media archive": lambda backup: damage.flip_bit(damage.archive(backup)),
    "a dump that is cut short": lambda backup: damage.cut_short(damage.dump(backup)),
    "an empty dump": lambda backup: damage.empty(damage.dump(backup)),
    "a missing archive": lambda backup: damage.remove(damage.archive(backup)),
    "a file that nobody put there": lambda backup: damage.add(backup.path / "stowaway.sql.zst"),
    "a manifest that was edited": lambda backup: damage.edit(backup.path / "manifest.json"),
    "a manifest that is cut short": lambda backup: damage.cut_short(backup.path / "manifest.json"),
    "a missing manifest": lambda backup: damage.remove(backup.path / "manifest.json"),
    "two archives that changed places": damage.exchange,
    "a table that is not in the dump, digests made to match": tampering.without_a_table,
    "one row less in the dump, digests made to match": tampering.with_a_row_less,
    "an error in the SQL, digests made to match": tampering.with_an_error,
    "an archive without its last file, digests made to match": tampering.without_a_file,
}


@given(parsers.re(r"(?P<what>.*) in the backup$"), target_fixture="damaged")
def damaged(what: str, backup: Backup) -> str:
    return _DAMAGE[what](backup)


@then("it names the damaged file")
def names_damaged(damaged: str, run: Run) -> None:
    assert damaged in run.output


@given("no engine answers")
def no_engine(project: Project) -> None:
    project.variables["DOCKER_HOST"] = "unix:///nowhere/docker.sock"


@given(parsers.parse("an engine that speaks API 1.41 at most"))
def old_engine(project: Project, home: Path) -> Iterator[None]:
    engine = OldEngine(home / "old.sock")
    project.variables["DOCKER_HOST"] = engine.address
    yield
    engine.close()


@when(parsers.parse('"{line}" is half-way through the database'), target_fixture="job")
def half_way(line: str, project: Project) -> Background:
    """When a part of the dump is on disk, volops is held, so that what follows is in time."""
    job = project.start(line)
    # The database is the first volume of the stack, and all in it that is large.
    begun = lambda: written_so_far(project) > _HALF_WAY_BYTES or not job.running  # noqa: E731
    wait_for(begun, "a part of the dump", every=0.005)
    assert job.running, f"it ended before it could be interrupted: {job.finish().output}"
    job.hold()
    return job


@when(parsers.parse("it gets the signal {name}"), target_fixture="run")
def signalled(name: str, job: Background, recorder: Recorder) -> Run:
    job.send(signal.Signals[name])
    return _ended(job, recorder)


@when("pg_dump is killed", target_fixture="run")
def kill_pg_dump(job: Background, project: Project, recorder: Recorder) -> Run:
    (helper,) = project.helpers
    said = docker("exec", "--privileged", "--user", "0", helper.id, "sh", "-c", _KILL_PG_DUMP)
    assert said == b"killed\n"
    return _ended(job, recorder)


@when("the helper container is killed", target_fixture="run")
def kill_helper(job: Background, project: Project, recorder: Recorder) -> Run:
    (helper,) = project.helpers
    docker("kill", helper.id)
    return _ended(job, recorder)


@when(parsers.parse('the container of "{service}" is killed'), target_fixture="run")
def kill_service(service: str, job: Background, project: Project, recorder: Recorder) -> Run:
    docker("kill", project.container(service).id)
    return _ended(job, recorder)


def _ended(job: Background, recorder: Recorder) -> Run:
    job.proceed()
    run = job.finish()
    recorder.show(run.exhibit())
    return run


@then("its helper containers end by themselves")
def helpers_end(project: Project) -> None:
    wait_for(lambda: not project.helpers, "the helper containers to end", seconds=20)


@given("the backups directory is a file system of 64 KiB")
def small_disk(project: Project) -> None:
    project.backups.mkdir(mode=0o700)
    project.around = over(project.backups, "mount -t tmpfs -o size=64k,mode=0700 tmpfs")


@given(parsers.parse("the file system of the database has {left:d} MiB left"))
def nearly_full(left: int, project: Project) -> None:
    """By a file beside the data that a service has in it."""
    project.exec("db", "sh", "-euc", _LEAVE, "sh", str(left))


@given("the backups directory is mounted read-only")
def read_only(project: Project) -> None:
    project.backups.mkdir(mode=0o700)
    project.around = over(project.backups, "mount -t tmpfs -o ro tmpfs")


@then("the backups directory holds no backup and no unfinished file")
def holds_nothing(project: Project, recorder: Recorder) -> None:
    found = listing(project.backups)
    recorder.text("find backups", "\n".join(found))
    hidden = (".volops", ".incoming")
    assert found[0] == "."
    assert [path for path in found[1:] if not path.startswith((*(f"./{name}" for name in hidden),))] == []
    assert [path for path in found if path.startswith("./.incoming/")] == []


@given(parsers.parse('a file is called "{name}"'))
def file_in_the_way(name: str, project: Project) -> None:
    (project.directory / name).write_text("in the way\n")


@given(parsers.parse('the file "{name}" with something in it'))
def foreign_file(name: str, project: Project) -> None:
    path = project.directory / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(b"from a script of old")


@given(parsers.parse('the installed plugin "{name}"'))
def plugin(name: str, project: Project) -> None:
    distribution = ROOT / "features" / "distributions" / name
    assert distribution.is_dir()
    project.variables["PYTHONPATH"] = str(distribution)


@given("the database asks everybody for a password that its container does not know")
def changed_password(project: Project) -> None:
    server = postgres.server_of(project, "db")
    server.query("ALTER ROLE postgres PASSWORD 'another one'")
    project.exec("db", "sh", "-c", 'sed -i "s/trust$/scram-sha-256/" "$PGDATA/pg_hba.conf"')
    server.query("SELECT pg_reload_conf()")
