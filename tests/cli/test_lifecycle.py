"""start, stop, restart, exec, shell, logs: compose's own verbs, with exit codes that can be relied on."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.cli.conftest import Volops
from tests.cli.program import run_on_terminal

pytestmark = pytest.mark.usefixtures("project")


def test_start_says_how_each_service_is(volops: Volops) -> None:
    done = volops("start")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "job: exited with code 0",
        "web: running (healthy)",
        "2 services started",
    ]


def test_stop_and_restart_one_service(volops: Volops) -> None:
    done = volops("stop", "web", "--json")
    assert done.code == 0
    (stopped,) = json.loads(done.out)["stopped"]
    assert (stopped["service"], stopped["state"]) == ("web", "exited")
    done = volops("restart", "web")
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 service restarted")


def test_a_restarted_service_waits_for_those_it_needs(volops: Volops, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"COMPOSE_PROJECT_NAME=cliw-{uuid.uuid4().hex[:8]}")
    (tmp_path / "compose.yaml").write_text(_NEEDY)
    try:
        assert volops("start", cwd=tmp_path).code == 0
        done = volops("restart", cwd=tmp_path)
        assert (done.code, done.out.splitlines()[-1]) == (0, "2 services restarted")
    finally:
        subprocess.run(
            ["docker", "compose", "down", "--volumes"], cwd=tmp_path, check=True, capture_output=True
        )


_NEEDY = """
x-service: &service {image: 'debian:trixie-slim', init: true, stop_grace_period: 1s, volumes: ['state:/srv']}
services:
  slow:
    <<: *service
    command: sh -c 'rm -f /srv/ready; sleep 3; touch /srv/ready; sleep infinity'
    healthcheck: {test: [CMD, test, -e, /srv/ready], interval: 10s, start_period: 60s, start_interval: 200ms}
  impatient:
    <<: *service
    command: sh -c 'test -e /srv/ready && sleep infinity'
    depends_on: {slow: {condition: service_healthy}}
volumes: {state: }
"""


def test_quiet_start_says_nothing(volops: Volops) -> None:
    done = volops("start", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_an_unknown_service(volops: Volops) -> None:
    for verb in (["start", "nosuch"], ["exec", "nosuch", "true"], ["logs", "nosuch"], ["shell", "nosuch"]):
        done = volops(*verb)
        assert (done.code, done.out) == (2, "")
        assert done.error_line == (
            "volops: error: no service 'nosuch' in this stack: choose one of: extra, job, web"
        )


def test_a_service_that_does_not_come_up(volops: Volops, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"COMPOSE_PROJECT_NAME=cliw-{uuid.uuid4().hex[:8]}")
    (tmp_path / "compose.yaml").write_text("services: {a: {image: 'debian:trixie-slim', command: 'false'}}")
    try:
        done = volops("start", cwd=tmp_path)
        assert done.code == 1
        assert done.error_line == (
            "volops: error: service 'a' did not come up: exited with code 1: see `volops logs a`"
        )
    finally:
        _compose_down(tmp_path)


def _compose_down(directory: Path) -> None:
    subprocess.run(
        ["docker", "compose", "down", "--rmi", "local"], cwd=directory, check=True, capture_output=True
    )


class TestExec:
    def test_streams_and_exit_code_are_the_programs_own(self, volops: Volops) -> None:
        done = volops("exec", "web", "sh", "-c", "cat; echo oops >&2; exit 7", given="some words")
        assert (done.code, done.out, done.err) == (7, "some words", "oops\n")

    def test_options_of_the_program_are_the_programs(self, volops: Volops) -> None:
        done = volops("exec", "web", "printf", "%s|", "--json", "-q", "--help")
        assert done.out == "--json|-q|--help|"
        assert volops("exec", "web", "--", "printf", "x").out == "x"

    @pytest.mark.parametrize("options", [["-T"], ["-it"], ["-i"], ["-t"], ["--no-TTY", "-u", "root"]])
    def test_exec_takes_the_options_that_hands_are_used_to(self, volops: Volops, options: list[str]) -> None:
        assert volops("exec", *options, "web", "printf", "%s", "-it").out == "-it"

    def test_exec_does_not_take_an_unknown_option_for_a_service(self, volops: Volops) -> None:
        done = volops("exec", "--colour", "web", "true")
        assert done.code == 2
        assert done.error_line.endswith("no such option '--colour': see `volops exec --help`")

    def test_exec_without_a_terminal_where_there_is_one(self, project: Path) -> None:
        assert run_on_terminal("exec", "-T", "web", "test", "-t", "0", cwd=project).code == 1

    def test_as_another_user(self, volops: Volops) -> None:
        assert volops("exec", "-u", "nobody", "web", "id", "-un").out == "nobody\n"

    def test_a_service_that_is_not_running(self, volops: Volops) -> None:
        done = volops("exec", "job", "true")
        assert done.code == 1
        assert done.error_line == (
            "volops: error: service 'job' is not running: start it with `volops start job`"
        )

    def test_on_a_terminal_the_program_has_one(self, project: Path) -> None:
        done = run_on_terminal("exec", "web", "sh", "-c", "test -t 0 && test -t 1 && exit 5", cwd=project)
        assert done.code == 5


class TestShell:
    def test_it_is_bash_where_there_is_one(self, volops: Volops) -> None:
        done = volops("shell", "web", given="echo $BASH_VERSION; exit 3\n")
        assert done.code == 3
        assert done.out.strip()[0].isdigit()

    def test_else_it_is_sh(self, volops: Volops) -> None:
        hidden = volops("exec", "web", "mv", "/bin/bash", "/bin/hidden")
        assert hidden.code == 0
        try:
            done = volops("shell", "web", given="echo ${BASH_VERSION:-none}; exit 4\n")
            assert (done.code, done.out) == (4, "none\n")
        finally:
            volops("exec", "web", "mv", "/bin/hidden", "/bin/bash")


def test_logs(volops: Volops) -> None:
    done = volops("logs", "--tail", "1", "job")
    assert done.code == 0
    assert done.out.rstrip().endswith("| done")


def test_rebuild_recreates_what_changed(volops: Volops, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"COMPOSE_PROJECT_NAME=cliw-{uuid.uuid4().hex[:8]}")
    (tmp_path / "compose.yaml").write_text("services: {a: {build: ., init: true, stop_grace_period: 1s}}")
    dockerfile = 'FROM debian:trixie-slim\nRUN echo {} >/version\nCMD ["sleep", "infinity"]\n'
    try:
        for version in ("one", "two"):
            (tmp_path / "Dockerfile").write_text(dockerfile.format(version))
            done = volops("rebuild", cwd=tmp_path)
            assert (done.code, done.out) == (0, "a: running\n1 service rebuilt\n")
            assert volops("exec", "a", "cat", "/version", cwd=tmp_path).out == f"{version}\n"
    finally:
        _compose_down(tmp_path)
