"""Containers that are held while a volume is read always come back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.small_stack import SmallStack, small_stack, wait_for
from volops.engine import MountInfo
from volops.errors import Locked
from volops.model import Quiesce, Service, Stack, Volume
from volops.quiesce import held
from volops.testing.fake_engine import FakeEngine

HOLDING = """
import sys
from pathlib import Path
from volops.compose import ComposeOptions
from volops.model import Quiesce
from volops.quiesce import held
from volops.workspace import open_workspace
workspace = open_workspace(ComposeOptions(files=(sys.argv[1],)))
volume = workspace.assignment("papers").volume
with held(workspace.engine, workspace.state, workspace.stack, volume, Quiesce(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    with small_stack(tmp_path) as running:
        yield running


@pytest.mark.parametrize(("how", "word"), [(Quiesce.PAUSE, "paused"), (Quiesce.STOP, "exited")])
def test_all_users_of_the_volume_are_held_and_let_go(stack: SmallStack, how: Quiesce, word: str) -> None:
    workspace = stack.workspace()
    volume = workspace.assignment("papers").volume
    with held(workspace.engine, workspace.state, workspace.stack, volume, how):
        assert (stack.state("store"), stack.state("reader")) == (word, word)
    assert (stack.state("store"), stack.state("reader")) == ("running", "running")


def test_a_service_that_was_stopped_stays_stopped(stack: SmallStack) -> None:
    stack.compose("stop", "--timeout", "0", "reader")
    workspace = stack.workspace()
    volume = workspace.assignment("papers").volume
    with held(workspace.engine, workspace.state, workspace.stack, volume, Quiesce.STOP):
        assert stack.state("store") == "exited"
    assert (stack.state("store"), stack.state("reader")) == ("running", "exited")


def test_an_error_while_they_are_held_lets_them_go(stack: SmallStack) -> None:
    workspace = stack.workspace()
    volume = workspace.assignment("papers").volume

    def fail_while_held() -> None:
        with held(workspace.engine, workspace.state, workspace.stack, volume, Quiesce.PAUSE):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_held()
    assert stack.state("store") == "running"


class Impatient(FakeEngine):
    """Somebody presses Ctrl-C when the first container has just been let go."""

    pressed = False

    def unpause(self, container: str) -> None:
        super().unpause(container)
        self._press()

    def start(self, container: str) -> None:
        super().start(container)
        self._press()

    def _press(self) -> None:
        if not self.pressed:
            self.pressed = True
            raise KeyboardInterrupt


@pytest.mark.parametrize("how", [Quiesce.PAUSE, Quiesce.STOP])
def test_ctrl_c_while_they_are_let_go_leaves_none_behind(how: Quiesce, tmp_path: Path) -> None:
    engine, volume = Impatient(), Volume("papers", "papers")
    engine.add_image("image")
    engine.add_volume("papers")
    mounts = (MountInfo("volume", "papers", "/srv"),)
    names = ("one", "two", "three")
    for name in names:
        engine.add_container(name, "image", mounts, project="shop", service=name)
    shop = Stack("shop", tmp_path, (), tuple(Service(name, "image") for name in names), (volume,))
    with pytest.raises(KeyboardInterrupt), held(engine, tmp_path, shop, volume, how):
        assert {each.state for each in engine.containers("shop")} <= {"paused", "exited"}
    assert {each.state for each in engine.containers("shop")} == {"running"}
    assert list(tmp_path.iterdir()) == [], "nothing is left for the next command to do"


@pytest.mark.parametrize("how", [Quiesce.PAUSE, Quiesce.STOP])
def test_after_kill_9_the_next_command_lets_them_go(stack: SmallStack, how: Quiesce) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(stack.file), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert stack.state("store") != "running"
        stack.workspace()
        assert stack.state("store") != "running", "a live run must be left alone"
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    stack.workspace()
    wait_for(lambda: stack.state("store") == "running", "the store to run again")
    wait_for(lambda: stack.state("reader") == "running", "the reader to run again")


def test_two_runs_do_not_hold_the_same_stack(stack: SmallStack) -> None:
    workspace = stack.workspace()
    volume = workspace.assignment("papers").volume
    with held(workspace.engine, workspace.state, workspace.stack, volume, Quiesce.PAUSE):
        with (
            pytest.raises(Locked),
            held(workspace.engine, workspace.state, workspace.stack, volume, Quiesce.STOP),
        ):
            raise AssertionError("two runs held one stack")
        assert stack.state("store") == "paused"
    assert stack.state("store") == "running"
