"""Gates beside each other, and one that is stopped in the middle of what can lose data."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live import docker, eventually, volume_names
from tests.testing.gates import IMAGE, Gate, everything, gate_on, small, written
from volops.journal import JournalFile
from volops.testing.gate.removal import remains, volumes_of

_IDLE = ("init: true", "entrypoint: [sleep, infinity]", "volumes: ['data:/srv/data']")
_LARGE = "head -c 100000000 /dev/urandom >/srv/data/large; touch /filled; exec sleep infinity"
_INTERRUPTED = 2
_PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text("utf-8")


def copies_of(project: str) -> set[str]:
    """Project names of the copies that have a container now."""
    label = ("--filter", f"label=volops.gate={project}")
    shown = '{{.Label "com.docker.compose.project"}}'
    return set(docker("ps", "--all", "--format", shown, *label).decode().split())


def test_two_gates_on_one_project_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    """Each in a process of its own, in the scenario that removes everything beside what belongs to others."""
    project = small(tmp_path, *_IDLE)
    argv = ("--stack", str(project.directory / "compose.yaml"), "-k", "everything")
    with gate_on(tmp_path / "a", *argv) as first, gate_on(tmp_path / "b", *argv) as second:
        gates = (first, second)
        eventually(
            "both have a copy at the same time",
            lambda: (
                len({name for name in copies_of(project.name) if re.search(r"-gate-\w{8}$", name)}) == 2
                or any(gate.process.poll() is not None for gate in gates)
            ),
        )
        assert [gate.process.poll() for gate in gates] == [None, None]
        ended = [gate.end() for gate in gates]
    for code, said in ended:
        assert code == 0, said
        assert "1 passed" in said
    pages = [gate.report.read_text("utf-8") for gate in gates]
    names = [set(re.findall(rf"{project.name}-gate-[0-9a-f]{{8}}", page)) for page in pages]
    assert [len(each) for each in names] == [1, 1]
    assert names[0].isdisjoint(names[1])
    assert everything(project.name) == []
    assert [list(gate.scratch.glob("volops-*")) for gate in gates] == [[], []]


def backing_up(gate: Gate) -> bool:
    """A backup has begun and is not complete."""
    return any(gate.scratch.glob("volops-*/backups/.incoming/full_backup_*/*"))


def restoring(gate: Gate) -> bool:
    """A restore has begun that could be undone."""
    states = gate.scratch.glob("volops-*/backups/.volops")
    return any(JournalFile(state).exists for state in states)


@pytest.mark.parametrize(("scenario", "begun"), [("complete", backing_up), ("lost", restoring)])
def test_a_gate_that_is_stopped_in_the_middle_leaves_nothing(
    tmp_path: Path, scenario: str, begun: Callable[[Gate], bool]
) -> None:
    project = small(
        tmp_path,
        "init: true",
        f'entrypoint: ["sh", "-c", "{_LARGE}"]',
        "volumes: ['data:/srv/data']",
        "healthcheck: {test: [CMD, test, -e, /filled], interval: 200ms, retries: 300}",
    )
    with gate_on(tmp_path, "--stack", str(project.directory / "compose.yaml"), "-k", scenario) as gate:
        eventually("it is in the middle", lambda: begun(gate) or gate.process.poll() is not None)
        gate.process.send_signal(signal.SIGINT)
        code, said = gate.end()
    assert code == _INTERRUPTED, said
    assert everything(project.name) == []
    left = docker("volume", "ls", "--format", '{{.Name}} {{.Label "volops.project"}}').decode()
    assert project.name not in left
    assert list(gate.scratch.glob("volops-*")) == []


def test_what_a_gate_leaves_that_is_killed_outright_goes_by_the_commands_of_the_page(tmp_path: Path) -> None:
    """Narrowed here to this project: gates of others may be at work."""
    name = f"gtk{secrets.token_hex(4)}"
    project = written(
        tmp_path / "stack",
        name,
        "services:\n"
        "  one:\n"
        f"    build: {{context: ., dockerfile_inline: 'FROM {IMAGE}'}}\n"
        "    init: true\n"
        "    entrypoint: [sleep, infinity]\n"
        "    volumes: ['data:/srv/data', /srv/unnamed]\n"
        f"name: {name}\n"
        "volumes: {data: }\n",
    )
    theirs, ready = tmp_path / "test_theirs.py", tmp_path / "ready"
    theirs.write_text(
        "import pathlib, signal\n"
        "def test_one(volops_stack):\n"
        f"    pathlib.Path({str(ready)!r}).write_text(volops_stack.name)\n"
        "    signal.pause()\n"
    )
    with gate_on(tmp_path, "--stack", str(project.directory), what=str(theirs)) as gate:
        eventually("its copy is there", lambda: ready.exists() or gate.process.poll() is not None)
        gate.process.kill()
        gate.end()
    copy = ready.read_text()
    volumes = volumes_of(copy)
    docker("volume", "create", f"--label=volops.project={copy}", f"volops-proof-{name}")
    assert {each.split()[0] for each in remains(copy)} == {"container", "volume", "network"}
    assert len(volumes) > 2
    commands = (
        re.search(r"```sh\n(.*?)```", _PAGE, re.S)[1]  # type: ignore[index]
        .replace("label=volops.gate", f"label=volops.gate={project.name}")
        .replace("label=volops.project", f"label=volops.project={copy}")
        .replace("-e '-gate-", f"-e '{project.name}-gate-")
    )
    environment = {**os.environ, "TMPDIR": str(gate.scratch)}
    subprocess.run(["sh", "-euc", commands], env=environment, check=True, capture_output=True)
    assert remains(copy) == []
    assert volume_names().isdisjoint([*volumes, f"volops-proof-{name}"])
    assert docker("images", "--quiet", f"{copy}-one") == b""
    assert list(gate.scratch.glob("volops-*")) == []
