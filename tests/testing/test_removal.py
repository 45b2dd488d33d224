"""What is left of a copy is told, never passed over: not by an engine that fails, nor by one that is busy."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import docker, eventually
from tests.testing.gates import IMAGE, environment, everything, small, written
from volops.errors import EngineFailed
from volops.testing.gate import copied, read_original
from volops.testing.gate.engine_commands import listed
from volops.testing.gate.removal import empty_tree, remains

_IDLE = ("init: true", "entrypoint: [sleep, infinity]", "volumes: ['data:/srv/data']")
_RUNNING = """
import sys
from volops.testing.gate import engine_commands
engine_commands.GRACE_S = 0.2
engine_commands.run(["sh", "-c", sys.argv[1]], shown="")
"""


def in_the_way(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have `docker` mean a shell script, which may go on to the real one, `$real`."""
    shim = directory / "bin" / "docker"
    shim.parent.mkdir()
    shim.write_text(f"#!/bin/sh\nreal={shutil.which('docker')}\ncd {directory}\n{script}\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")


def test_an_engine_that_fails_is_not_one_that_has_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way(tmp_path, monkeypatch, "echo 'something else' >&2; echo 'no room' >&2; exit 1")
    with pytest.raises(EngineFailed, match="`docker ps --all` failed: no room"):
        remains("some-project")


def test_without_the_docker_command_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineFailed, match="`docker volume ls` cannot be run"):
        listed("volume", "ls")


def test_what_cannot_go_at_once_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = small(tmp_path, *_IDLE)
    fails_once = '[ "$1 $2" != "{0}" ] || [ -e "{0}" ] || {{ touch "{0}"; echo "still in use" >&2; exit 1; }}'
    script = "\n".join(fails_once.format(what) for what in ("volume rm", "network rm", "rm --force"))
    with copied(read_original([str(project.directory / "compose.yaml")])) as copy:
        copy.start()
        in_the_way(tmp_path, monkeypatch, f'{script}\nexec "$real" "$@"')
    assert {path.name for path in tmp_path.glob("* *")} == {"volume rm", "network rm", "rm --force"}
    assert everything(project.name) == []
    assert not copy.directory.exists()


def test_what_cannot_go_at_all_is_named_and_all_else_is_gone(tmp_path: Path) -> None:
    project = small(tmp_path, *_IDLE)
    stranger = f"{project.name}-stranger"
    try:
        with pytest.raises(EngineFailed) as told:  # noqa: SIM117, PT012 - the end of the inner one raises
            with copied(read_original([str(project.directory / "compose.yaml")])) as copy:
                copy.start()
                docker("create", "--name", stranger, "-v", f"{copy.name}_data:/x", IMAGE, "true")
        assert f"still there of {copy.name}: volume {copy.name}_data (" in told.value.message
        assert "volume is in use" in told.value.message
        assert everything(project.name) == [f"{copy.name}_data"]
        assert not copy.directory.exists()
    finally:
        docker("rm", "--force", "--volumes", stranger)
    copy.remove()
    assert everything(project.name) == []


def test_an_interrupt_stays_one_when_something_is_left(tmp_path: Path) -> None:
    project = small(tmp_path, *_IDLE)
    stranger = f"{project.name}-stranger"
    try:
        with (  # noqa: PT012, PT031 - the end of the last one raises
            pytest.warns(UserWarning, match="still there of"),
            pytest.raises(KeyboardInterrupt),
            copied(read_original([str(project.directory / "compose.yaml")])) as copy,
        ):
            copy.start()
            docker("create", "--name", stranger, "-v", f"{copy.name}_data:/x", IMAGE, "true")
            raise KeyboardInterrupt
    finally:
        docker("rm", "--force", "--volumes", stranger)
    copy.remove()
    assert everything(project.name) == []


def test_what_containers_wrote_as_root_goes_by_an_image_of_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the gate runs as a user that may not delete it, and no other image has `rm`."""
    project = written(
        tmp_path / "stack",
        f"gtr{os.urandom(4).hex()}",
        "services:\n"
        "  one:\n"
        "    build: {context: ., dockerfile_inline: 'FROM debian:trixie-slim'}\n"
        "    init: true\n"
        "    entrypoint: [sh, -c, 'mkdir -p /srv/notes/a/b; touch /srv/notes/a/b/c; exec sleep infinity']\n"
        "    volumes: ['./notes:/srv/notes']\n",
    )
    with copied(read_original([str(project.directory / "compose.yaml")])) as copy:
        copy.start()
        (image,) = copy.images.values()
        monkeypatch.setattr(
            "volops.testing.gate.removal.shutil.rmtree", lambda path, **_: Path(path).exists()
        )
    assert not copy.directory.exists()
    assert docker("images", "--quiet", image) == b""


def test_a_directory_that_cannot_be_emptied_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "binds" / "deep").mkdir(parents=True)
    monkeypatch.setattr("volops.testing.gate.removal.shutil.rmtree", lambda path, **_: Path(path).exists())
    with pytest.raises(EngineFailed, match=r"still there in .*binds: deep"):
        empty_tree(tmp_path / "binds", ["volops-test-no-such-image:1"])


def test_a_program_that_does_not_stop_ends_with_all_that_it_started(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    script = f"trap '' INT; sleep 1000 & echo $! >{noted}.new; mv {noted}.new {noted}; wait"
    with subprocess.Popen(
        [sys.executable, "-c", _RUNNING, script], env=environment(), stderr=subprocess.DEVNULL
    ) as running:
        eventually("it has started another", noted.exists)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) != 0
    eventually("that one is gone, too", lambda: not _runs(int(noted.read_text())))


def _runs(process: int) -> bool:
    """Nobody may have taken note of its end yet: then it is a zombie (proc(5))."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
