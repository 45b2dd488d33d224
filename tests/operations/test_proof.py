"""A backup is proven by restoring all of it where nobody looks: nothing live is touched, nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.operations.small_stack import SmallStack, retyped, small_stack, wait_for
from tests.operations.strange_types import Strange
from tests.tampering import tamper
from volops.catalog import Verification
from volops.engine import Engine
from volops.errors import CheckFailed, EngineFailed, RestoreRefused
from volops.model import Outcome, OutcomeStatus
from volops.operations.backup import Selection, backup
from volops.operations.proof import prove
from volops.operations.verify import verify
from volops.source import look_around
from volops.volume_access import Staging
from volops.workspace import Workspace

DONE, FAILED = OutcomeStatus.DONE, OutcomeStatus.FAILED
PROVING = """
import sys, time
from volops.compose import ComposeOptions
from volops.file_tree import FileTree
from volops.operations.proof import prove
from volops.source import look_around
from volops.workspace import open_workspace

def wait(self, staging):
    print("staged", flush=True)
    time.sleep(600)
FileTree.check = wait
workspace = open_workspace(ComposeOptions(files=(sys.argv[1],)))
around = look_around(workspace.engine, workspace.stack, "")
try:
    prove(workspace, around, workspace.catalog.find("latest"), lambda event: None)
except KeyboardInterrupt:
    sys.exit(130)
"""


class Refusing(Strange):
    """Finds what it loaded wrong."""

    def check(self, staging: Staging) -> None:
        raise CheckFailed(f"{staging.volume.key} is not what it was")


class Unable(Strange):
    """Cannot be restored on this machine."""

    def preflight(self, staging: Staging, artifacts: object) -> None:
        raise RestoreRefused(f"no server for {staging.volume.key} here, with {artifacts}")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    with small_stack(tmp_path) as running:
        running.fill("papers", deed="then")
        running.fill("letters", first="dear all")
        backup(running.workspace(), Selection(), lambda _: None)
        running.fill("papers", deed="now")
        yield running


def proven(workspace: Workspace) -> dict[str, Outcome]:
    around = look_around(workspace.engine, workspace.stack, "")
    outcomes = prove(workspace, around, workspace.catalog.find("latest"), lambda _: None)
    return {outcome.volume: outcome for outcome in outcomes}


def remembered(stack: SmallStack) -> Verification | None:
    return stack.workspace().catalog.entries()[0].verified


def with_type(workspace: Workspace, cls: type[Strange]) -> Workspace:
    types = {**workspace.registry.types}
    types["files"] = replace(types["files"], cls=cls)
    workspace.registry.types = types
    return retyped(workspace, "papers", cls)


def test_a_good_backup_is_proven_and_nothing_live_is_touched(stack: SmallStack) -> None:
    containers, volumes = stack.containers(), stack.volumes()
    workspace = stack.workspace()
    entry = workspace.catalog.find("latest")
    verify(workspace.catalog, workspace.registry, entry, lambda _: None)
    outcomes = proven(workspace)
    assert {key: outcomes[key].status for key in ("papers", "letters")} == {"papers": DONE, "letters": DONE}
    found = remembered(stack)
    assert found is not None
    assert found.ok
    assert found.proven is not None
    assert (stack.containers(), stack.volumes()) == (containers, volumes)
    assert stack.compose("exec", "-T", "store", "cat", "/srv/papers/deed") == "now"
    assert stack.left_behind() == []
    assert stack.provisional() == {}
    verify(workspace.catalog, workspace.registry, workspace.catalog.find("latest"), lambda _: None)
    again = remembered(stack)
    assert again is not None
    assert again.proven == found.proven


def test_images_suffice(stack: SmallStack) -> None:
    stack.compose("down", "--volumes", "--timeout", "0")
    assert proven(stack.workspace())["papers"].status is DONE
    assert stack.volumes() == {}
    assert stack.containers() == {}
    assert stack.provisional() == {}


def test_a_backup_whose_digests_were_made_to_fit_is_found_by_its_facts(stack: SmallStack) -> None:
    (directory,) = stack.backups.glob("full_backup_*")
    (name,) = [path.name for path in directory.glob("files_backup_*.papers.*")]
    tamper(directory, name.removesuffix(".zst"), lambda plain: plain.replace(b"then", b"them"))
    workspace = stack.workspace()
    entry = workspace.catalog.find("latest")
    read = verify(workspace.catalog, workspace.registry, entry, lambda _: None)
    assert FAILED not in {each.status for each in read}
    outcomes = proven(workspace)
    assert outcomes["papers"].status is FAILED
    assert "digest was recorded" in outcomes["papers"].reason
    assert outcomes["letters"].status is DONE
    found = remembered(stack)
    assert found is not None
    assert [problem.partition(":")[0] for problem in found.problems] == ["papers"]
    assert found.proven is None
    assert stack.provisional() == {}


def test_a_check_that_fails_is_remembered(stack: SmallStack) -> None:
    assert proven(with_type(stack.workspace(), Refusing))["papers"].status is FAILED
    found = remembered(stack)
    assert found is not None
    assert "papers: papers is not what it was" in found.problems


def test_what_cannot_be_tried_here_says_nothing_of_the_backup(stack: SmallStack) -> None:
    outcomes = proven(with_type(stack.workspace(), Unable))
    assert outcomes["papers"].status is FAILED
    assert outcomes["papers"].reason.startswith("cannot be tried here: no server for papers here")
    assert remembered(stack) is None
    assert stack.provisional() == {}


def begun(stack: SmallStack) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", PROVING, str(stack.file)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "staged\n"
    assert len(stack.provisional()) == 1
    return process


def test_an_interrupt_leaves_no_volume(stack: SmallStack) -> None:
    with begun(stack) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert stack.provisional() == {}
    assert remembered(stack) is None


def test_what_a_killed_run_leaves_is_removed_by_the_next_command(stack: SmallStack) -> None:
    with begun(stack) as process:
        os.kill(process.pid, signal.SIGKILL)
    assert len(stack.provisional()) == 1
    stack.workspace()
    assert stack.provisional() == {}


def test_a_command_leaves_the_volume_of_a_run_that_lives(stack: SmallStack) -> None:
    with begun(stack) as process:
        stack.workspace()
        assert len(stack.provisional()) == 1
        process.send_signal(signal.SIGINT)
    assert stack.provisional() == {}


def test_a_volume_that_is_somebody_elses_since_is_left(stack: SmallStack) -> None:
    engine = stack.workspace().engine
    with begun(stack) as process:
        (name,) = stack.provisional()
        os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: _removed(engine, name), "the helper to end")
    engine.create_volume(name, {"volops.run": "mine"})
    try:
        stack.workspace()
        assert engine.volumes([name])
    finally:
        engine.remove_volume(name)


def _removed(engine: Engine, name: str) -> bool:
    try:
        engine.remove_volume(name)
    except EngineFailed:
        return False
    return True
