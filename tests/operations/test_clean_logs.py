"""Cleaning logs: whoever writes them goes on in the file that one sees."""

from __future__ import annotations

import gzip
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import docker, eventually
from volops.compose import ComposeOptions
from volops.events import Event, Warned
from volops.operations.clean_plan import CleanPlan, choose_by_type, plan_clean
from volops.operations.clean_volumes import Cleaned, clean_volumes
from volops.source import look_around
from volops.workspace import open_workspace

COMPOSE = """
name: {name}
services:
  proxy:
    image: volops-sample-proxy:1
    init: true
    volumes: ["proxy-logs:/var/log/nginx"]
    healthcheck: {{test: [CMD, curl, -fsS, "http://127.0.0.1/healthz"], interval: 1s, retries: 30}}
  # Opens its files once: one to append to it, one from its beginning. A line to each for every line it reads.
  writer:
    image: debian:trixie-slim
    init: true
    command: [sh, -c, 'exec 3>>/app/logs/app.log 4>/app/logs/rewritten.log; mkfifo /orders;
      while read line </orders; do echo "$$line" >&3; echo "$$line" >&4; done']
    volumes: ["./logs:/app/logs"]
    healthcheck: {{test: [CMD, test, -p, /orders], interval: 1s, retries: 30}}
volumes:
  proxy-logs: {{}}
{more}
"""


class Logging:
    """A project of nginx and of a program that knows nothing of signals."""

    def __init__(self, directory: Path, more: str = "") -> None:
        self.name = f"lg-{uuid.uuid4().hex[:8]}"
        self.file = directory / "compose.yaml"
        self.file.write_text(COMPOSE.format(name=self.name, more=more))
        self.logs = directory / "logs"

    def compose(self, *verb: str) -> str:
        return docker("compose", "-f", str(self.file), *verb).decode().strip()

    def request(self, path: str) -> None:
        self.compose(
            "exec", "-T", "proxy", "curl", "-s", "-o", "/dev/null", f"http://127.0.0.1/static/{path}"
        )

    def say(self, line: str) -> None:
        self.compose("exec", "-T", "writer", "sh", "-c", f"echo '{line}' >/orders")

    def access_log(self) -> str:
        return self.compose("exec", "-T", "proxy", "cat", "/var/log/nginx/access.log")

    def plan(self) -> CleanPlan:
        workspace = open_workspace(ComposeOptions(files=(str(self.file),)))
        around = look_around(workspace.engine, workspace.stack, "")
        return plan_clean(workspace, around, *choose_by_type(workspace, "logs", binds=True))

    def clean(self) -> tuple[Cleaned, list[str]]:
        """What was done, and the warnings."""
        workspace = open_workspace(ComposeOptions(files=(str(self.file),)))
        around = look_around(workspace.engine, workspace.stack, "")
        told: list[str] = []

        def heard(event: Event) -> None:
            if isinstance(event, Warned):
                told.append(event.message)

        return clean_volumes(workspace, around, self.plan(), heard, command="clean-logs"), told


@pytest.fixture
def logging(tmp_path: Path) -> Iterator[Logging]:
    project = Logging(tmp_path)
    try:
        project.compose("up", "--detach", "--wait")
        yield project
    finally:
        project.compose("down", "--volumes", "--timeout", "0")


def test_a_running_nginx_goes_on_in_the_file_that_one_sees(logging: Logging) -> None:
    logging.request("before")
    started = logging.compose("ps", "--format", "{{.ID}} {{.RunningFor}}", "proxy").split()[0]
    logging.compose(
        "exec", "-T", "proxy", "sh", "-c", "cd /var/log/nginx; gzip -c access.log >access.log.2.gz"
    )
    assert "/static/before" in logging.access_log()
    done, told = logging.clean()
    assert told == []
    assert done.downtime == {}
    assert logging.access_log() == ""
    logging.request("after")
    eventually("the line after it is there", lambda: "/static/after" in logging.access_log())
    assert "/static/before" not in logging.access_log()
    files = logging.compose("exec", "-T", "proxy", "ls", "/var/log/nginx").split()
    assert files == ["access.log", "error.log"]
    deleted = logging.compose("exec", "-T", "proxy", "sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null || true")
    assert "(deleted)" not in deleted
    assert logging.compose("ps", "--format", "{{.ID}}", "proxy") == started


def test_a_program_that_cannot_be_told_goes_on_too(logging: Logging) -> None:
    logging.say("before")
    app, rewritten = logging.logs / "app.log", logging.logs / "rewritten.log"
    eventually("the program writes", lambda: rewritten.exists() and "before" in rewritten.read_text())
    for name in (".gitignore", ".gitkeep"):
        (logging.logs / name).write_text("*\n")
    (logging.logs / "deep").mkdir()
    (logging.logs / "deep" / "app.log.7.gz").write_bytes(gzip.compress(b"old"))
    (logging.logs / "link.log").symlink_to("app.log")
    owner = app.stat().st_uid, app.stat().st_mode, app.stat().st_ino
    logging.clean()
    assert app.read_text() == ""
    logging.say("after")
    eventually("the program goes on", lambda: app.read_text() == "after\n")
    assert (app.stat().st_uid, app.stat().st_mode, app.stat().st_ino) == owner
    # One that does not append goes on where it was; what is before that is a hole, which reads as zeros.
    assert rewritten.read_bytes() == b"\0" * len("before\n") + b"after\n"
    left = {str(path.relative_to(logging.logs)) for path in logging.logs.rglob("*") if not path.is_dir()}
    assert left == {"app.log", "rewritten.log", "link.log", ".gitignore", ".gitkeep"}
    assert (logging.logs / ".gitignore").read_text() == "*\n"


def test_where_nothing_runs_the_files_are_deleted(logging: Logging) -> None:
    logging.say("before")
    eventually("the program writes", lambda: "before" in (logging.logs / "app.log").read_text())
    logging.compose("stop", "--timeout", "0")
    logging.clean()
    assert list(logging.logs.iterdir()) == []
    assert logging.plan().items == ()
    logging.compose("start")
    eventually("the program opens them anew", lambda: (logging.logs / "app.log").exists())


def test_the_plan_changes_nothing_and_a_second_run_has_none(logging: Logging) -> None:
    logging.say("before")
    eventually("the program writes", lambda: "before" in (logging.logs / "app.log").read_text())
    (item,) = [item for item in logging.plan().items if item.volume.name == str(logging.logs)]
    assert (item.size, [len(removal.paths) for removal in item.removals]) == (14, [2])
    assert (logging.logs / "app.log").read_text() == "before\n"
    logging.clean()
    assert [item for item in logging.plan().items if item.volume.name == str(logging.logs)] == []


def test_what_is_not_the_projects_to_clean_stays(tmp_path: Path) -> None:
    """Logs that services only read, those of the whole machine, and a log that is mounted by itself."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "one.log").write_text("x")
    project = Logging(tmp_path)
    mounts = ("./theirs:/var/log/theirs:ro", "/var/log:/var/log/host", "./one.log:/var/log/one.log")
    more = "    volumes: [" + "".join(f'"{mount}", ' for mount in mounts)
    text = project.file.read_text().replace('    volumes: ["./logs', f'{more}"./logs')
    project.file.write_text(text)
    workspace = open_workspace(ComposeOptions(files=(str(project.file),)))
    chosen, left = choose_by_type(workspace, "logs", binds=True)
    assert {given.volume.key for given in chosen} == {"proxy-logs", str(tmp_path / "logs")}
    assert {each.volume: each.reason for each in left} == {
        str(tmp_path / "theirs"): "no service of the project writes to it",
        "/var/log": "it holds /var/log",
        str(tmp_path / "one.log"): "it is a single file",
    }


def test_a_command_of_ones_own_has_files_opened_anew(tmp_path: Path) -> None:
    asked = "x-volops: {volumes: {./logs: {type: logs, reopen: 'touch /reopened; exit 3'}}}"
    project = Logging(tmp_path, asked)
    try:
        project.compose("up", "--detach", "--wait", "writer")
        project.say("before")
        eventually("the program writes", lambda: "before" in (project.logs / "app.log").read_text())
        _, (warning,) = project.clean()
        project.compose("exec", "-T", "writer", "test", "-e", "/reopened")
        assert "failed in writer" in warning
        assert "volops restart writer" in warning
        assert (project.logs / "app.log").read_text() == ""
    finally:
        subprocess.run(["docker", "compose", "-f", str(project.file), "down", "-v", "-t", "0"], check=True,
                       capture_output=True)  # fmt: skip
