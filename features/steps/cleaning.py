"""Steps about cleaning: what must be gone, what must go on, and whose things must not be touched."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

from pytest_bdd import given, parsers, then, when

from features.world import redis
from features.world.application import Application, address_of
from features.world.commands import Run
from features.world.engine import docker
from features.world.project import Project
from features.world.waiting import wait_for
from volops.testing.report.records import Recorder

_IMAGE = "volops-sample-redis:1"
_LOGS = {"proxy": "/var/log/nginx/access.log", "backend": "/app/logs/django.log"}
_KEY = "written-after-the-cleaning"


@given(parsers.parse('somebody has asked the {service} for "{path}"'))
@when(parsers.parse('somebody asks the {service} for "{path}"'))
def ask(service: str, path: str, project: Project) -> None:
    """Either is asked through the proxy, and each logs it."""
    Application(address_of(project)).get(path)
    wait_for(lambda: path in _log(service, project), f"{path} to be logged", seconds=20)


@then(parsers.re(r'the proxy\'s log (?P<verb>does not mention|mentions) "(?P<path>[^"]*)"$'))
def proxy_mentions(verb: str, path: str, project: Project, recorder: Recorder) -> None:
    log = _log("proxy", project)
    recorder.text("the proxy's log", log[-1000:])
    assert (path in log) == (verb == "mentions")


@then(
    parsers.re(
        r'the backend\'s log in \./backend/logs (?P<verb>does not mention|mentions) "(?P<path>[^"]*)"$'
    )
)
def backend_mentions(verb: str, path: str, project: Project, recorder: Recorder) -> None:
    """By the files of the host, the packed ones and those that rotation has renamed, too."""
    files = {file.name: file.read_text("utf-8", "replace") for file in _host_logs(project).iterdir()}
    recorder.table("files", ["file", "characters"], [[name, len(text)] for name, text in files.items()])
    assert files
    assert any(path in text for text in files.values()) == (verb == "mentions")


def _log(service: str, project: Project) -> str:
    return project.exec(service, "cat", _LOGS[service]).decode("utf-8", "replace")


def _host_logs(project: Project) -> Path:
    """What is ./backend/logs in the document."""
    return Path(project.variables["BACKEND_LOGS"])


@then("no process of the proxy or the backend writes to a deleted file")
def nothing_deleted(project: Project) -> None:
    for service, log in _LOGS.items():
        listed = docker(
            "exec", "--privileged", "--user", "0", project.container(service).id,
            "sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null || true",
        ).decode()  # fmt: skip
        open_logs = [line for line in listed.splitlines() if log.rpartition("/")[0] in line]
        assert open_logs, service
        assert [line for line in open_logs if "(deleted)" in line] == []


@then("every line of packed or rotated logs is gone")
def rotated(project: Project) -> None:
    listed = project.exec("proxy", "find", "/var/log/nginx", "-type", "f", "-size", "+0", "-printf", "%f\\n")
    assert set(listed.decode().split()) <= {"access.log", "error.log"}


@then("Redis holds no key of before, and no file of before")
def cache_is_empty(project: Project, recorder: Recorder) -> None:
    found = {number: len(keys) for number, keys in redis.server_of(project, "cache").databases.items()}
    recorder.table("keys", ["database", "keys"], [list(row) for row in found.items()])
    assert sum(found.values()) <= len(project.containers), "more than what services write when they start"
    mount = f"type=volume,source={project.volume('redis-data')},target=/tree,readonly"
    argv = ("run", "--rm", "--network", "none", "--mount", mount, _IMAGE, "du", "-sk", "/tree")
    assert int(docker(*argv).split()[0]) < 100


@when("a key is set, and the cache is killed and started again")
def key_survives(project: Project) -> None:
    server = redis.server_of(project, "cache")
    assert server.command("SET", _KEY, "yes") == "OK"
    # Redis writes its append-only file to the disk once a second (redis.conf, appendfsync everysec).
    assert "pending_aof" not in server.command("WAITAOF", "1", "0", "5000")
    docker("kill", project.container("cache").id)
    docker("start", project.container("cache").id)
    wait_for(lambda: project.container("cache").health == "healthy", "the cache to be healthy")


@then("the key is there")
def key_is_there(project: Project) -> None:
    assert redis.server_of(project, "cache").command("GET", _KEY) == "yes"


@then("the application serves its pages")
def serves(project: Project) -> None:
    application = Application(address_of(project))
    wait_for(lambda: application.get("/api/status/").status_code == 200, "the application to answer")


@when(parsers.parse('"{line}" is killed as soon as the cache has stopped'))
def killed(line: str, project: Project, recorder: Recorder) -> None:
    job = project.start(line)
    stopped = lambda: project.container("cache").state != "running" or not job.running  # noqa: E731
    wait_for(stopped, "the cache to be stopped", every=0.005)
    assert job.running, f"it ended before it could be killed: {job.finish().output}"
    job.send(signal.SIGKILL)
    recorder.show(job.finish().exhibit())


@given(
    "a neighbour whose project's name begins alike, with the same compose file", target_fixture="neighbour"
)
def neighbour(project: Project, recorder: Recorder) -> Iterator[Project]:
    beside = Project(f"{project.name}2", project.directory, recorder, project.passwords)
    try:
        project.compose("-p", beside.name, "up", "--detach", "--wait")
        docker("exec", beside.container("box").id, "sh", "-c", "echo ours >/srv/things/deed")
        beside.before = beside.snapshot()
        yield beside
    finally:
        beside.remove()


@then("the neighbour runs as before, with its data")
def neighbour_untouched(neighbour: Project) -> None:
    assert neighbour.snapshot() == neighbour.before
    assert neighbour.exec("box", "cat", "/srv/things/deed") == b"ours\n"


@given(parsers.parse('a stranger\'s container that uses the volume "{key}"'), target_fixture="stranger")
def stranger(key: str, project: Project) -> Iterator[str]:
    name = f"{project.name}-stranger"
    docker("create", "--name", name, "--volume", f"{project.volume(key)}:/tree", _IMAGE, "true")
    yield name
    docker("rm", "--force", "--volumes", name)


@then("it names the stranger")
def names_stranger(stranger: str, run: Run) -> None:
    assert f"in use by container '{stranger}'" in run.output


@when("the stranger leaves")
def stranger_leaves(stranger: str) -> None:
    docker("rm", "--volumes", stranger)


@then(parsers.parse('the audit log ends with "{command}", {outcome}'))
def audited(command: str, outcome: str, project: Project, recorder: Recorder) -> None:
    text = (project.backups / "audit.jsonl").read_text("utf-8")
    recorder.text("audit.jsonl", text)
    last = json.loads(text.splitlines()[-1])
    assert (last["command"], last["outcome"]) == (command, outcome)
