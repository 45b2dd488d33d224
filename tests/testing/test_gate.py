"""A copy of a running project, on the engine: what it shares with the original, and what is left of it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import docker, eventually, volume_names
from tests.testing.gates import (
    IMAGE,
    LABEL,
    Gate,
    Project,
    environment,
    everything,
    gate_on,
    small,
    written,
)
from volops.testing.acceptance.bystanders import Bystanders
from volops.testing.gate import Original, StackCopy, copied, find, plant, read_original

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
    project = written(tmp_path_factory.mktemp(name), name, stack)
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


def test_all_that_has_a_name_bears_the_label_by_which_it_is_found(copy: StackCopy, running: Project) -> None:
    """With what stands beside it in a scenario, whose container is of no image that another gate may have."""
    others = Bystanders(copy, "mark")
    try:
        others.make()
        made = [*copy.remains(), *others.before]
        names = {each.partition(" ")[2] for each in made if not re.search(r" [0-9a-f]{64}$", each)}
        assert len(names) == 8
        assert names == set(everything(running.name))
        ids = docker("ps", "-aq", "--filter", f"label={LABEL}={running.name}").decode().split()
        images = docker("inspect", "--format", "{{.Image}}", *ids).decode().split()
        assert len(images) == 2
        assert len(set(images)) == 1
    finally:
        others.remove()
    assert others.state() == {}


def test_what_the_copy_is_made_of_is_for_nobody_else(copy: StackCopy) -> None:
    assert (copy.directory / "compose.yaml").stat().st_mode & 0o077 == 0
    assert copy.directory.stat().st_mode & 0o077 == 0


def _criteria(gate: Gate) -> list[tuple[str, str]]:
    """The outcome of each, as its report has it."""
    page = gate.report.read_text("utf-8")
    return re.findall(r'<tr class="([\w-]+)">\s*<th scope="row">(AC\d)</th>', page)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_gate_that_is_stopped_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    project = small(tmp_path, "init: true", "entrypoint: [sleep, infinity]", "volumes: ['data:/srv/data']")
    with gate_on(tmp_path, "--stack", str(project.directory / "compose.yaml")) as gate:
        eventually(
            "its copy is there",
            lambda: len(everything(project.name)) >= 3 or gate.process.poll() is not None,
        )
        gate.process.send_signal(number)
        code, said = gate.end()
    assert code == _INTERRUPTED, said
    assert everything(project.name) == []
    assert list(gate.scratch.glob("volops-*")) == []


def test_a_stack_that_does_not_get_well_is_reported_with_its_logs(tmp_path: Path) -> None:
    project = small(
        tmp_path,
        "init: true",
        'entrypoint: ["sh", "-c", "echo the cellar is flooded; exec sleep infinity"]',
        "volumes: ['data:/srv/data']",
        'healthcheck: {test: ["CMD", "false"], interval: 200ms, retries: 2}',
    )
    with gate_on(tmp_path, "--stack", str(project.directory / "compose.yaml")) as gate:
        code, said = gate.end()
    assert code == 1
    assert "the copy does not get well: one is running (unhealthy)" in said
    assert "the cellar is flooded" in said
    assert "the cellar is flooded" in gate.report.read_text("utf-8")
    assert everything(project.name) == []
    assert list(gate.scratch.glob("volops-*")) == []


def test_a_stack_that_cannot_be_copied_is_refused_with_every_reason(tmp_path: Path) -> None:
    project = small(
        tmp_path, "privileged: true", "volumes: ['/var/run/docker.sock:/var/run/docker.sock', '/srv:/srv']"
    )
    with gate_on(tmp_path, "--stack", str(project.directory / "compose.yaml")) as gate:
        code, said = gate.end()
    assert code == 1
    assert f"a copy of '{project.name}' would not be apart from everything else" in said
    assert "service 'one' is privileged" in said
    assert "service 'one' mounts /var/run/docker.sock, by which it controls the engine" in said
    assert "service 'one' mounts /srv for writing, which is outside" in said
    assert list(gate.scratch.glob("volops-*")) == []


def test_a_stack_that_compose_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    project = small(tmp_path, "volumes: ['dta:/srv/data']")
    with gate_on(tmp_path, "--stack", str(project.directory / "compose.yaml")) as gate:
        code, said = gate.end()
    assert code == 1
    assert "compose refuses the project" in said


def test_tests_of_somebody_else_get_a_copy_too(tmp_path: Path) -> None:
    project = small(tmp_path, "init: true", "entrypoint: [sleep, infinity]", "volumes: ['data:/srv/data']")
    theirs = tmp_path / "test_theirs.py"
    theirs.write_text(
        "def test_one(volops_stack):\n"
        "    said = volops_stack.compose('exec', '-T', 'one', 'sh', '-c', 'ls -d /srv/data')\n"
        "    assert (said.code, said.stdout) == (0, '/srv/data\\n')\n"
        f"    assert volops_stack.name != {project.name!r}\n"
    )
    with gate_on(tmp_path, "--stack", str(project.directory), what=str(theirs)) as gate:
        code, said = gate.end()
    assert code == 0, said
    assert everything(project.name) == []


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with gate_on(tmp_path, "--stack", "nowhere.yaml") as gate:
        code, said = gate.end()
    assert code == 1
    assert "nowhere.yaml does not exist: check --stack and --stack-env-file" in said


def test_without_a_stack_it_says_what_it_needs(tmp_path: Path) -> None:
    with gate_on(tmp_path) as gate:
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
    said = subprocess.run(argv, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    assert "loaded [] 0" in said.stdout


def test_a_stack_that_loses_its_data_does_not_pass(tmp_path: Path) -> None:
    """It would keep what it has through restarts, and throws it away whenever its container is a new one."""
    script = "[ -e /known ] || rm -f /srv/data/.volops-* /srv/data/*; touch /known; exec sleep infinity"
    lines = ("init: true", f'entrypoint: ["sh", "-c", "{script}"]', "volumes: ['data:/srv/data']")
    project = small(tmp_path, *lines)
    chosen = ("-k", "(restart and not uploaded) or anew")
    with gate_on(tmp_path, "--stack", str(project.directory / "compose.yaml"), *chosen) as gate:
        code, said = gate.end()
    assert code == 1, said
    assert "1 failed, 1 passed" in said
    assert "not found: data (files)" in said
    assert _criteria(gate) == [("passed", "AC1"), ("failed", "AC2"), ("not-run", "AC3"), ("not-run", "AC4")]
    assert everything(project.name) == []


def test_the_files_of_a_server_in_the_source_tree_are_judged_and_not_touched(tmp_path: Path) -> None:
    """A copy of the files of a running server would be none: the copy begins with an empty directory."""
    project = small(tmp_path, "environment: {REDIS_PASSWORD: not very secret}", "volumes: ['./cache:/data']")
    (project.directory / "cache").mkdir()
    (project.directory / "cache" / "dump.rdb").write_bytes(b"half written")
    stack = str(project.directory / "compose.yaml")
    with gate_on(tmp_path, "--stack", stack, "-k", "complete or lost or uploaded") as gate:
        code, said = gate.end()
    assert code == 0, said
    assert "2 passed" in said
    assert ("not-run", "AC3") in _criteria(gate), "nobody uploads anything to it"
    assert "not very secret" not in gate.report.read_text("utf-8")
    assert [path.name for path in (project.directory / "cache").iterdir()] == ["dump.rdb"]
    assert everything(project.name) == []
