"""A copy of a running project, on the engine: what it shares with the original, and what is left of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live import docker, eventually, volume_names
from volops.testing.gate import Original, StackCopy, copied, find, plant, read_original

IMAGE = "volops-sample-redis:1"
LABEL = "volops.gate"
_INTERRUPTED = 2
_STACK = """
name: {name}
services:
  keeper:
    image: {image}
    entrypoint: ["sh", "-c", "date >>/srv/notes/log; exec sleep infinity"]
    init: true
    stop_grace_period: 1s
    container_name: {name}-the-keeper
    env_file: [keeper.env]
    environment: {{FROM_DOTENV: "${{COLOUR}}", PRICE: "5$$$$"}}
    ports: ["127.0.0.1:{port}:6379"]
    restart: always
    configs: [{{source: rules, target: /etc/rules}}]
    secrets: [safe, word]
    volumes:
      - things:/srv/things
      - rented:/srv/rented
      - ./notes:/srv/notes
      - ./rules.txt:/srv/rules.txt:ro
    networks:
      lane: {{ipv4_address: {subnet}.9}}
volumes:
  things: {{name: {name}-things-of-the-keeper}}
  rented: {{external: true, name: {name}-rented}}
networks:
  lane: {{name: {name}-lane, ipam: {{config: [{{subnet: {subnet}.0/24}}]}}}}
configs:
  rules: {{file: ./rules.txt}}
secrets:
  safe: {{file: ./safe.txt}}
  word: {{environment: COLOUR}}
"""


@dataclass(frozen=True)
class Project:
    """A compose project that fixes all that it can by name."""

    name: str
    directory: Path

    def compose(self, *argv: str) -> bytes:
        return docker("compose", "--project-directory", str(self.directory), *argv)

    def state(self) -> dict[str, Any]:
        """Everything of it that a gate could change."""
        label = f"label=com.docker.compose.project={self.name}"
        ids = docker("ps", "-aq", "--no-trunc", "--filter", label).decode().split()
        (container,) = json.loads(docker("inspect", *ids))
        script = "find /srv -type f -exec sha256sum {} + | sort; cat /proc/1/stat | cut -d' ' -f22"
        notes = {path.name: path.read_text() for path in (self.directory / "notes").iterdir()}
        volumes = docker("volume", "ls", "--filter", f"name={self.name}-", "--format", "{{.Name}}").decode()
        return {
            "container": [container["Id"], container["State"]["StartedAt"], container["RestartCount"]],
            "mounted": docker("exec", ids[0], "sh", "-c", script).decode(),
            "notes": notes,
            "volumes": sorted(name for name in volumes.split() if "-gate-" not in name),
            "networks": sorted(container["NetworkSettings"]["Networks"]),
        }


def _written(directory: Path, name: str, stack: str) -> Project:
    (directory / "notes").mkdir(parents=True)
    (directory / "notes" / "diary.txt").write_text("dear diary")
    (directory / "keeper.env").write_text("FROM_FILE=wood\n")
    (directory / ".env").write_text("COLOUR=green\n")
    (directory / "rules.txt").write_text("no rules")
    (directory / "safe.txt").write_text("0000")
    (directory / "compose.yaml").write_text(stack)
    return Project(name, directory)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, running, with something in each of its volumes."""
    mark = uuid.uuid4()
    name = f"gt{mark.hex[:8]}"
    subnet = f"10.{210 + mark.bytes[0] % 40}.{mark.bytes[1]}"
    stack = _STACK.format(image=IMAGE, name=name, port=_free_port(), subnet=subnet)
    project = _written(tmp_path_factory.mktemp(name), name, stack)
    docker("volume", "create", f"{name}-rented")
    try:
        project.compose("up", "--detach")
        script = "for v in things rented; do echo mine >/srv/$v/of-the-original; done"
        project.compose("exec", "-T", "keeper", "sh", "-c", script)
        yield project
    finally:
        project.compose("down", "--volumes", "--timeout", "1")
        docker("volume", "rm", "--force", f"{name}-rented")


@pytest.fixture
def copy(running: Project) -> Iterator[StackCopy]:
    """A copy of it, running."""
    with copied(_original(running)) as made:
        made.start()
        yield made


def _original(project: Project) -> Original:
    return read_original([str(project.directory / "compose.yaml")])


def _everything(project: str) -> list[str]:
    """What copies of the project have on the engine."""
    label = ("--filter", f"label={LABEL}={project}")
    found = docker("ps", "-a", "--format", "{{.Names}}", *label).decode().split()
    found += docker("volume", "ls", "--format", "{{.Name}}", *label).decode().split()
    return found + docker("network", "ls", "--format", "{{.Name}}", *label).decode().split()


def _exec(copy: StackCopy, script: str) -> str:
    (container,) = docker("ps", "-q", "--filter", f"label=com.docker.compose.project={copy.name}").split()
    return docker("exec", container.decode(), "sh", "-c", script).decode()


def test_a_running_original_is_not_touched(running: Project) -> None:
    before = running.state()
    with copied(_original(running)) as copy:
        copy.start()
        plant(copy, "token")
        copy.compose("restart", "--timeout", "1")
        copy.compose("up", "--detach", "--force-recreate", "--timeout", "1")
        copy.crash()
        copy.compose("down", "--volumes", "--timeout", "1")
        copy.lose_binds()
    assert running.state() == before


def test_the_copy_has_none_of_the_data_of_the_original(copy: StackCopy) -> None:
    assert _exec(copy, "ls /srv/things /srv/rented") == "/srv/rented:\n\n/srv/things:\n"


def test_files_beside_the_original_work_in_the_copy(copy: StackCopy) -> None:
    given = "/etc/rules /srv/rules.txt /run/secrets/safe /run/secrets/word"
    script = f'echo $FROM_FILE $FROM_DOTENV "$PRICE"; cat {given}'
    assert _exec(copy, script) == "wood green 5$$\nno rulesno rules0000green"


def test_the_source_tree_is_copied_where_services_write_into_it(copy: StackCopy, running: Project) -> None:
    assert _exec(copy, "cat /srv/notes/diary.txt") == "dear diary"
    _exec(copy, "echo spoilt >/srv/notes/diary.txt")
    assert (running.directory / "notes" / "diary.txt").read_text() == "dear diary"


def test_two_copies_at_once_do_not_meet(copy: StackCopy, running: Project) -> None:
    plant(copy, "first")
    with copied(_original(running)) as second:
        second.start()
        assert not any(one.found for one in find(second, "first"))
        assert set(copy.remains()).isdisjoint(second.remains())
        assert copy.directory != second.directory
    assert all(one.found for one in find(copy, "first"))


def test_nothing_of_a_copy_is_left(running: Project) -> None:
    with copied(_original(running)) as copy:
        copy.start()
        assert {each.split()[0] for each in copy.remains()} == {"container", "volume", "network"}
        volumes = copy.volumes().keys()
        # Also the volume that its image asks for, which has no name.
        assert len(volumes) == 3
        copy.compose("stop", "--timeout", "1")
    assert copy.remains() == []
    assert volumes.isdisjoint(volume_names())
    assert not copy.directory.exists()


def test_what_the_copy_is_made_of_is_for_nobody_else(copy: StackCopy) -> None:
    assert (copy.directory / "compose.yaml").stat().st_mode & 0o077 == 0
    assert copy.directory.stat().st_mode & 0o077 == 0


def _environment() -> dict[str, str]:
    """Programs that are started see the volops that is tested here."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class Gate:
    """`pytest --pyargs volops.testing.acceptance --stack …` as a person runs it, in an empty directory."""

    def __init__(self, directory: Path, *argv: str, what: str) -> None:
        self.scratch = directory / "tmp"
        self.scratch.mkdir(parents=True)
        where = directory / "empty"
        where.mkdir()
        plugin = ["-p", "volops.testing.plugin", "-p", "no:cacheprovider"]
        module = ["--pyargs", what]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *plugin, *module, *argv],
            cwd=where,
            env={**_environment(), "TMPDIR": str(self.scratch)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.report = where / "reports" / "acceptance.html"

    def end(self) -> tuple[int, str]:
        """Its exit code, and all that it said."""
        said, _ = self.process.communicate(timeout=240)
        return self.process.returncode, said.decode()


@contextlib.contextmanager
def _gate(directory: Path, *argv: str, what: str = "volops.testing.acceptance") -> Iterator[Gate]:
    gate = Gate(directory, *argv, what=what)
    try:
        yield gate
    finally:
        if gate.process.poll() is None:
            gate.process.terminate()
            gate.process.communicate(timeout=60)


def _criteria(gate: Gate) -> list[tuple[str, str]]:
    """The outcome of each, as its report has it."""
    page = gate.report.read_text("utf-8")
    return re.findall(r'<tr class="([\w-]+)">\s*<th scope="row">(AC\d)</th>', page)


def _small(directory: Path, *lines: str) -> Project:
    """A project of one service, with these lines more."""
    name = f"gt{uuid.uuid4().hex[:8]}"
    stack = [
        f"name: {name}",
        "services:",
        "  one:",
        f"    image: {IMAGE}",
        *(f"    {line}" for line in lines),
    ]
    return _written(directory / "stack", name, "\n".join([*stack, "volumes: {data: }", ""]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_gate_that_is_stopped_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    project = _small(tmp_path, "init: true", "entrypoint: [sleep, infinity]", "volumes: ['data:/srv/data']")
    with _gate(tmp_path, "--stack", str(project.directory / "compose.yaml")) as gate:
        eventually(
            "its copy is there",
            lambda: len(_everything(project.name)) >= 3 or gate.process.poll() is not None,
        )
        gate.process.send_signal(number)
        code, said = gate.end()
    assert code == _INTERRUPTED, said
    assert _everything(project.name) == []
    assert list(gate.scratch.glob("volops-*")) == []


def test_a_stack_that_does_not_get_well_is_reported_with_its_logs(tmp_path: Path) -> None:
    project = _small(
        tmp_path,
        "init: true",
        'entrypoint: ["sh", "-c", "echo the cellar is flooded; exec sleep infinity"]',
        "volumes: ['data:/srv/data']",
        'healthcheck: {test: ["CMD", "false"], interval: 200ms, retries: 2}',
    )
    with _gate(tmp_path, "--stack", str(project.directory / "compose.yaml")) as gate:
        code, said = gate.end()
    assert code == 1
    assert "the copy does not get well: one is running (unhealthy)" in said
    assert "the cellar is flooded" in said
    assert "the cellar is flooded" in gate.report.read_text("utf-8")
    assert _everything(project.name) == []
    assert list(gate.scratch.glob("volops-*")) == []


def test_a_stack_that_cannot_be_copied_is_refused_with_every_reason(tmp_path: Path) -> None:
    project = _small(
        tmp_path, "privileged: true", "volumes: ['/var/run/docker.sock:/var/run/docker.sock', '/srv:/srv']"
    )
    with _gate(tmp_path, "--stack", str(project.directory / "compose.yaml")) as gate:
        code, said = gate.end()
    assert code == 1
    assert f"a copy of '{project.name}' would not be apart from everything else" in said
    assert "service 'one' is privileged" in said
    assert "service 'one' mounts /var/run/docker.sock, by which it controls the engine" in said
    assert "service 'one' mounts /srv for writing, which is outside" in said
    assert list(gate.scratch.glob("volops-*")) == []


def test_a_stack_that_compose_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    project = _small(tmp_path, "volumes: ['dta:/srv/data']")
    with _gate(tmp_path, "--stack", str(project.directory / "compose.yaml")) as gate:
        code, said = gate.end()
    assert code == 1
    assert "compose refuses the project" in said


def test_tests_of_somebody_else_get_a_copy_too(tmp_path: Path) -> None:
    project = _small(tmp_path, "init: true", "entrypoint: [sleep, infinity]", "volumes: ['data:/srv/data']")
    theirs = tmp_path / "test_theirs.py"
    theirs.write_text(
        "def test_one(volops_stack):\n"
        "    said = volops_stack.compose('exec', '-T', 'one', 'sh', '-c', 'ls -d /srv/data')\n"
        "    assert (said.code, said.stdout) == (0, '/srv/data\\n')\n"
        f"    assert volops_stack.name != {project.name!r}\n"
    )
    with _gate(tmp_path, "--stack", str(project.directory), what=str(theirs)) as gate:
        code, said = gate.end()
    assert code == 0, said
    assert _everything(project.name) == []


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with _gate(tmp_path, "--stack", "nowhere.yaml") as gate:
        code, said = gate.end()
    assert code == 1
    assert "nowhere.yaml does not exist: check --stack and --stack-env-file" in said


def test_without_a_stack_it_says_what_it_needs(tmp_path: Path) -> None:
    with _gate(tmp_path) as gate:
        code, said = gate.end()
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "name the project to judge: --stack path/to/compose.yaml" in said


def test_other_runs_of_pytest_are_not_held_up(tmp_path: Path) -> None:
    """The plugin is there in every run: it must not load what only the gate needs."""
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    script = (
        "import sys, pytest\n"
        "argv = ['-q', '-p', 'volops.testing.plugin', '-p', 'no:cacheprovider', '.']\n"
        "code = pytest.main(argv)\n"
        "loaded = {'docker', 'pydantic', 'click', 'volops.workspace'} & set(sys.modules)\n"
        "print('loaded', sorted(loaded), int(code))\n"
    )
    argv = [sys.executable, "-c", script]
    said = subprocess.run(argv, cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=True)
    assert "loaded [] 0" in said.stdout


def test_a_stack_that_loses_its_data_does_not_pass(tmp_path: Path) -> None:
    """It would keep what it has through restarts, and throws it away whenever its container is a new one."""
    script = "[ -e /known ] || rm -f /srv/data/.volops-* /srv/data/*; touch /known; exec sleep infinity"
    lines = ("init: true", f'entrypoint: ["sh", "-c", "{script}"]', "volumes: ['data:/srv/data']")
    project = _small(tmp_path, *lines)
    chosen = ("-k", "(restart and not uploaded) or anew")
    with _gate(tmp_path, "--stack", str(project.directory / "compose.yaml"), *chosen) as gate:
        code, said = gate.end()
    assert code == 1, said
    assert "1 failed, 1 passed" in said
    assert "not found: data (files)" in said
    assert _criteria(gate) == [("passed", "AC1"), ("failed", "AC2"), ("not-run", "AC3"), ("not-run", "AC4")]
    assert _everything(project.name) == []


def test_the_files_of_a_server_in_the_source_tree_are_judged_and_not_touched(tmp_path: Path) -> None:
    """A copy of the files of a running server would be none: the copy begins with an empty directory."""
    project = _small(tmp_path, "environment: {REDIS_PASSWORD: not very secret}", "volumes: ['./cache:/data']")
    (project.directory / "cache").mkdir()
    (project.directory / "cache" / "dump.rdb").write_bytes(b"half written")
    stack = str(project.directory / "compose.yaml")
    with _gate(tmp_path, "--stack", stack, "-k", "complete or lost or uploaded") as gate:
        code, said = gate.end()
    assert code == 0, said
    assert "2 passed" in said
    assert ("not-run", "AC3") in _criteria(gate), "nobody uploads anything to it"
    assert "not very secret" not in gate.report.read_text("utf-8")
    assert [path.name for path in (project.directory / "cache").iterdir()] == ["dump.rdb"]
    assert _everything(project.name) == []
