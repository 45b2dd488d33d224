"""Steps about restores: what is lost, what comes back, what stays."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pytest_bdd import given, parsers, then, when

from features.steps.data import PASSWORD, Keepsake
from features.steps.stack import Enter, SharedStacks
from features.world import postgres, redis
from features.world.application import Application, address_of
from features.world.backup import Backup, names_in
from features.world.commands import Background, Run
from features.world.engine import Container, docker, logs, processes
from features.world.following import AGREED
from features.world.holdings import Holdings, holdings
from features.world.project import Project
from features.world.waiting import wait_for
from volops.testing.report.records import Recorder

_SHELL_IMAGE = "volops-sample-redis:1"
_DROP_ROLE = "REASSIGN OWNED BY :role TO postgres; DROP OWNED BY :role"
_STOPPING = "received fast shutdown request"
_SERVING = "database system is ready to accept connections"
_LOG_LINES = 2000
_LEDGER = """
CREATE TABLE entry (id serial PRIMARY KEY, cents bigint NOT NULL, memo text NOT NULL);
INSERT INTO entry (cents, memo) SELECT n, md5(n::text) FROM generate_series(1, 2000) n
"""
_RECEIPTS = 'for n in $(seq 40); do head -c 3000 /dev/urandom >"receipt $n"; done; chown -R 33:33 .'
_TREES = {"sample": ("backend-media", "backend-static"), "ledger": ("receipts",)}


@given("what it holds is written down", target_fixture="written")
def write_down(project: Project, recorder: Recorder) -> Holdings:
    found = holdings(project, _trees(project))
    found.show(recorder)
    return found


@then("it holds what was written down")
def same_again(written: Holdings, project: Project, recorder: Recorder) -> None:
    now = holdings(project, _trees(project))
    now.show(recorder)
    assert written.differing(now) == []


def _trees(project: Project) -> tuple[str, ...]:
    return next((trees for kind, trees in _TREES.items() if project.name.endswith(kind)), ())


@when(parsers.parse('the tables of "{first}" and "{second}" are dropped'))
def drop_tables(first: str, second: str, project: Project) -> None:
    server = postgres.server_of(project, "db")
    for database in (first, second):
        server.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public", database)
        assert server.contents(database) == {}


@when(parsers.parse('the role "{role}" is dropped'))
def drop_role(role: str, project: Project) -> None:
    server = postgres.server_of(project, "db")
    for database in (*server.databases, "postgres"):
        server.query(_DROP_ROLE, database, role=role)
    server.query("DROP ROLE :role", role=role)


@when("every key of Redis is flushed")
def flush(project: Project) -> None:
    server = redis.server_of(project, "cache")
    assert server.command("FLUSHALL") == "OK"
    assert server.databases == {}


@then("every key of Redis is gone")
def no_keys(project: Project) -> None:
    assert redis.server_of(project, "cache").databases == {}


@when("all uploads and static files are deleted")
def delete_files(project: Project) -> None:
    container = project.container("backend").id
    everything = ("find", "/app/media", "/app/staticfiles", "-mindepth", "1", "-delete")
    docker("exec", "--user", "0", container, *everything)


@when(parsers.parse('the volume "{key}" is removed'))
def remove_volume(key: str, project: Project) -> None:
    docker("volume", "rm", project.volume(key))


@then("the member can sign in")
def signs_in(keepsake: Keepsake, project: Project) -> None:
    visitor = Application(address_of(project))
    visitor.sign_in(keepsake.member, PASSWORD)
    assert visitor.who == keepsake.member


@then(parsers.parse("the database was down for less than {seconds:d} seconds"))
def short_downtime(seconds: int, project: Project, recorder: Recorder) -> None:
    """From the server's own log: asked to stop, and ready again."""
    lines = logs(project.container("db").id, _LOG_LINES).splitlines()
    moments = [line.partition(" ")[0] for line in lines if _STOPPING in line or _SERVING in line]
    stopping = [line.partition(" ")[0] for line in lines if _STOPPING in line][-1]
    serving = next(moment for moment in moments if moment > stopping)
    down = (_moment(serving) - _moment(stopping)).total_seconds()
    recorder.table("downtime", ["asked to stop", "ready again", "seconds"], [[stopping, serving, down]])
    assert 0 < down < seconds


def _moment(text: str) -> datetime:
    return datetime.strptime(text[:26].rstrip("Z"), "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)


@then("it names the backup before it asks")
def named_first(backup: Backup, run: Run) -> None:
    told, asked, _ = run.output.partition(AGREED)
    assert asked
    assert re.search(rf"^backup +{backup.name}, ", told, re.MULTILINE), told


@then("it lists every backup there is")
def lists_all(run: Run, project: Project) -> None:
    made = [path.name for path in project.backups.glob("full_backup_*")]
    assert made
    assert [name for name in made if name not in run.output] == []


@then("no helper container is left")
def no_helper(project: Project) -> None:
    wait_for(lambda: not project.helpers, "all helper containers to be gone", seconds=20)


@then("compose itself has nothing to complain of")
def compose_is_content(project: Project) -> None:
    run = project.run("docker compose up -d --wait")
    assert run.code == 0, run.output
    assert "warn" not in run.output.lower(), run.output
    assert "recreate" not in run.output.lower(), run.output


@given("the ledger, with its entries and receipts", target_fixture="project")
def ledger(shared_stack: SharedStacks, enter: Enter) -> Project:
    """Scenarios share it in which a restore fails, since that leaves it as it was."""
    project = enter(shared_stack("ledger", "to lose"))
    server = postgres.server_of(project, "db")
    if not server.contents("books"):
        server.query(_LEDGER, "books")
        _in_volume(project, "receipts", _RECEIPTS)
    return project


@given(parsers.parse("{changed:d} entries are changed and {added:d} are added"))
def change(changed: int, added: int, project: Project) -> None:
    server = postgres.server_of(project, "db")
    server.query("UPDATE entry SET memo = 'changed' WHERE id <= :changed", "books", changed=str(changed))
    server.query(
        "INSERT INTO entry (cents, memo) SELECT n, 'new' FROM generate_series(1, :added) n",
        "books",
        added=str(added),
    )


@given(parsers.parse('I run "{line}"'))
def ran(line: str, project: Project) -> None:
    run = project.run(line)
    assert run.code == 0, run.output


@when(parsers.parse('"{line}" is loading the database'), target_fixture="job")
def loading(line: str, project: Project) -> Background:
    """When the throwaway server copies rows in, volops is held, so that what follows is in time."""
    job = project.start(line)
    wait_for(lambda: _copies(project) or not job.running, "rows on their way", every=0.01)
    assert job.running, f"it ended before it could be interrupted: {job.finish().output}"
    job.hold()
    return job


def _copies(project: Project) -> bool:
    return any(re.search("postgres: .* COPY", processes(helper.id)) for helper in project.helpers)


@when("the helper containers are killed", target_fixture="run")
def kill_helpers(job: Background, project: Project, recorder: Recorder) -> Run:
    for helper in project.helpers:
        docker("kill", helper.id)
    job.proceed()
    run = job.finish()
    recorder.show(run.exhibit())
    return run


@then("it does not succeed")
def fails(run: Run) -> None:
    assert run.code != 0, run.output


@then(parsers.parse('nothing is staged in "{keys}"'))
def nothing_staged(keys: str, project: Project) -> None:
    for key in names_in(keys):
        assert set(_in_volume(project, key, "ls -A .volops 2>/dev/null || true").split()) <= {"previous"}


@then(parsers.parse('nothing is kept in "{key}"'))
def nothing_kept(key: str, project: Project) -> None:
    assert ".volops" not in _in_volume(project, key, "ls -A").split()


@given(parsers.parse('the mood is "{mood}", and "volops backup" is run'))
def mood_backed_up(mood: str, project: Project) -> None:
    """Services that do not get well in this mood need not get well now: the backup is what is wanted."""
    set_mood(mood, project)
    ran("volops backup", project)


@given(parsers.parse('the mood is "{mood}"'))
def set_mood(mood: str, project: Project) -> None:
    project.exec("counter", "sh", "-c", f"echo {mood} >/srv/moods/mood")


@then(parsers.parse('the mood is still "{mood}"'))
@then(parsers.parse('the mood is "{mood}" again'))
def has_mood(mood: str, project: Project) -> None:
    assert project.exec("counter", "cat", "/srv/moods/mood").decode().strip() == mood


@given(parsers.parse('the file "{name}" is in the volume "{key}"'))
def file_in_volume(name: str, key: str, project: Project) -> None:
    _in_volume(project, key, f"echo here >{name}")


@then(parsers.re(r'the file "(?P<name>[^"]*)" (?P<there>is not|is) in the volume "(?P<key>[^"]*)"( again)?$'))
def holds_file(name: str, there: str, key: str, project: Project) -> None:
    assert (name in _in_volume(project, key, "ls -A").split()) == (there == "is")


@then("every service is running and well")
def all_well(project: Project) -> None:
    wait_for(lambda: all(_well(one) for one in project.containers), "every service to be well")


def _well(container: Container) -> bool:
    return container.state == "running" and container.health in ("", "healthy")


@then(parsers.parse('"{first}" was started again before "{second}"'))
def in_order(first: str, second: str, project: Project) -> None:
    assert project.container(first).started < project.container(second).started


def _in_volume(project: Project, key: str, script: str) -> str:
    mounted = f"type=volume,source={project.volume(key)},target=/tree"
    argv = ("run", "--rm", "--network", "none", "--mount", mounted, "--workdir", "/tree", _SHELL_IMAGE)
    return docker(*argv, "sh", "-euc", script).decode()
