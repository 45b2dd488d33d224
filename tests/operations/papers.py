"""A small stack that was backed up and changed since, and what tests of restores do with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dying import DIES_AT
from tests.operations.small_stack import SmallStack, small_stack
from tests.operations.strange_types import Strange
from volops.errors import CheckFailed
from volops.journal import Journal, JournalFile, Step
from volops.operations.backup import Selection, backup
from volops.operations.restore import Restored, restore
from volops.operations.restore_plan import plan_restore
from volops.operations.rollback import kept, rollback
from volops.source import look_around
from volops.volume_access import Staging
from volops.workspace import Workspace

OLD, NEW = {"deed": "now", "late": "x"}, {"deed": "then"}
_BEGINNING = (
    DIES_AT
    + """
from volops.compose import ComposeOptions
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.operations.rollback import kept, rollback
from volops.source import look_around
from volops.workspace import open_workspace

workspace = open_workspace(ComposeOptions(files=(sys.argv[1],)))
around = look_around(workspace.engine, workspace.stack, "")
"""
)
RESTORING = (
    _BEGINNING
    + """
plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ())
print("begun", flush=True)
restore(workspace, around, plan, lambda event: None)
"""
)
ROLLING_BACK = _BEGINNING + 'rollback(workspace, around, kept(workspace, around, ["papers"]))\n'


class Refusing(Strange):
    """Loads what it is given, and finds it wrong."""

    def check(self, staging: Staging) -> None:
        raise CheckFailed(f"{staging.volume.key} is not what it was")


@contextlib.contextmanager
def changed_since(directory: Path) -> Iterator[SmallStack]:
    """Backed up with NEW in it, and changed to OLD since."""
    with small_stack(directory) as running:
        running.fill("papers", **NEW)
        running.fill("letters", first="dear all")
        backup(running.workspace(), Selection(), lambda _: None)
        running.fill("papers", **OLD)
        yield running


def put_back(workspace: Workspace, *names: str, patience: float = 60) -> Restored:
    """`volops restore BACKUP NAME…`, of the newest."""
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.entries()[0], names)
    return restore(workspace, around, plan, lambda _: None, patience=patience)


def turn_back(workspace: Workspace, *names: str) -> None:
    """`volops rollback NAME…`."""
    around = look_around(workspace.engine, workspace.stack, "")
    rollback(workspace, around, kept(workspace, around, names))


def with_type(workspace: Workspace, cls: type[Strange]) -> Workspace:
    """The workspace where files are restored as `cls` does it."""
    types = {**workspace.registry.types}
    types["files"] = replace(types["files"], cls=cls)
    workspace.registry.types = types
    return workspace


def holds(stack: SmallStack, volume: str) -> dict[str, str]:
    """The volume's files with their contents, as the running service sees them."""
    shown = stack.compose("exec", "-T", "store", "sh", "-c", f"cd /srv/{volume}; grep -rH . * || true")
    return dict(line.split(":", 1) for line in shown.splitlines())


def started(stack: SmallStack, service: str) -> str:
    """When the service's container was started."""
    container = stack.compose("ps", "--quiet", service)
    argv = ["docker", "inspect", "--format", "{{.State.StartedAt}}", container]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def killed(stack: SmallStack, program: str, step: str) -> None:
    """Run the program until it has noted that step in the journal, and dies of SIGKILL there."""
    argv = [sys.executable, "-c", program, str(stack.file), step]
    code = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    assert code == -signal.SIGKILL


def killed_after(stack: SmallStack, seconds: float) -> None:
    """Have a restore begin, and die of SIGKILL after some time, unless it has ended by then."""
    argv = [sys.executable, "-c", RESTORING, str(stack.file), "never"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)


def interrupted_at(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C, once the journal has come to that step."""
    write = JournalFile.write

    def write_and_stop(self: JournalFile, journal: Journal) -> None:
        write(self, journal)
        if journal.step is step:
            monkeypatch.setattr(JournalFile, "write", write)
            raise KeyboardInterrupt

    monkeypatch.setattr(JournalFile, "write", write_and_stop)
