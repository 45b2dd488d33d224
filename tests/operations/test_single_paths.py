"""Single paths come back into the live tree, or into a directory; everything else stays as it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dying import DIES_AT
from tests.operations.small_stack import SmallStack, small_stack, wait_for
from volops.errors import CheckFailed, InvalidUse
from volops.file_tree import FileTree
from volops.journal import JournalFile, Step
from volops.operations.backup import Selection, backup
from volops.operations.extraction import extract, plan_extraction
from volops.operations.restore import Restored, restore
from volops.operations.restore_plan import manifest_of, plan_restore, records_of, restore_item
from volops.operations.rollback import kept, rollback
from volops.operations.single_paths import choose_paths, with_paths
from volops.source import look_around
from volops.volume_access import Staging

RESTORING = (
    DIES_AT
    + """
from volops.compose import ComposeOptions
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.operations.single_paths import with_paths
from volops.source import look_around
from volops.workspace import open_workspace

workspace = open_workspace(ComposeOptions(files=(sys.argv[1],)))
around = look_around(workspace.engine, workspace.stack, "")
plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ["papers"])
restore(workspace, around, with_paths(workspace.catalog, plan, ["2024"]), lambda event: None)
"""
)
FILL = """
cd /srv/papers; mkdir -p 2024/may 2025; echo one >2024/may/one; echo two >2024/two; echo three >2025/three
ln 2024/two 2025/same; echo top >top; chown -R 5:6 2024; chmod 0750 2024/may
"""
SINCE = """
cd /srv/papers; echo changed >2024/two; rm -r 2024/may; echo later >2024/new; echo later >2025/later
echo now >top
"""
FILES = "cd /srv/papers; find . -path ./.volops -prune -o -type f -exec grep -H . {} + | sort"
LOOK = f"{FILES}; find . -path ./.volops -prune -o -printf '%p %m %U:%G\\n' | sort"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    """Backed up, and changed since."""
    with small_stack(tmp_path) as running:
        sh(running, FILL)
        backup(running.workspace(), Selection(), lambda _: None)
        sh(running, SINCE)
        yield running


def sh(stack: SmallStack, script: str) -> str:
    return stack.compose("exec", "-T", "store", "sh", "-c", script)


def files(stack: SmallStack) -> dict[str, str]:
    shown = sh(stack, FILES)
    return dict(line.removeprefix("./").split(":", 1) for line in shown.splitlines())


def put_back(stack: SmallStack, *patterns: str) -> Restored:
    workspace = stack.workspace()
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ["papers"])
    return restore(workspace, around, with_paths(workspace.catalog, plan, patterns), lambda _: None)


def unpack(stack: SmallStack, directory: Path, *patterns: str) -> None:
    workspace = stack.workspace()
    around = look_around(workspace.engine, workspace.stack, "")
    entry = workspace.catalog.find("latest")
    (record,) = records_of(manifest_of(entry), ["papers"])
    item = restore_item(workspace, record, ())
    chosen = choose_paths(workspace.catalog, entry, item, patterns)
    plan = plan_extraction(around, entry, item, chosen, directory)
    extract(around, workspace.catalog, plan, lambda _: None)


def test_a_directory_comes_back_and_what_is_newer_stays(stack: SmallStack) -> None:
    before = sh(stack, LOOK)
    put_back(stack, "2024")
    assert files(stack) == {
        "2024/may/one": "one",
        "2024/two": "two",
        "2024/new": "later",
        "2025/three": "three",
        "2025/same": "changed",
        "2025/later": "later",
        "top": "now",
    }
    assert "./2024/may 750 5:6" in sh(stack, LOOK)
    workspace = stack.workspace()
    around = look_around(workspace.engine, workspace.stack, "")
    rollback(workspace, around, kept(workspace, around, ()))
    assert sh(stack, LOOK) == before
    assert stack.left_behind() == []


@pytest.mark.parametrize(
    ("pattern", "back"),
    [
        ("2024/*/one", {"2024/may/one": "one"}),
        ("20*/two", {"2024/two": "two"}),
        ("./top", {"top": "top"}),
        ("/srv/papers/2024/may/", {"2024/may/one": "one"}),
        ("2025/same", {"2025/same": "two", "2024/two": "two"}),
    ],
)
def test_only_what_matches_comes_back(stack: SmallStack, pattern: str, back: dict[str, str]) -> None:
    before = files(stack)
    put_back(stack, pattern)
    assert files(stack) == before | back


@pytest.mark.parametrize(
    ("pattern", "near"), [("2024/mai", "2024/may, 2024/two"), ("nosuch/deep", "2024, 2025, top")]
)
def test_what_matches_nothing_is_an_error_that_names_what_is_near(
    stack: SmallStack, pattern: str, near: str
) -> None:
    with pytest.raises(InvalidUse, match="matches") as failed:
        put_back(stack, "top", pattern)
    assert failed.value.next_step == f"near it are: {near}"


def test_a_check_that_fails_changes_nothing(stack: SmallStack, monkeypatch: pytest.MonkeyPatch) -> None:
    before, containers = sh(stack, LOOK), stack.containers()
    load = FileTree.load

    def spoil(self: FileTree, staging: Staging, artifacts: object) -> None:
        load(self, staging, artifacts)  # type: ignore[arg-type]
        staging.tree().run("sh", "-c", "echo wrong >/volume/2024/two")

    monkeypatch.setattr(FileTree, "load", spoil)
    with pytest.raises(CheckFailed, match="2024/two"):
        put_back(stack, "2024")
    assert (sh(stack, LOOK), stack.containers()) == (before, containers)


@pytest.mark.parametrize("step", list(Step))
def test_killed_at_each_step_the_next_command_brings_it_to_an_end(stack: SmallStack, step: Step) -> None:
    before = sh(stack, LOOK)
    argv = [sys.executable, "-c", RESTORING, str(stack.file), step.value]
    done = subprocess.run(argv, env=os.environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    workspace = stack.workspace()
    wait_for(lambda: stack.state("store") == "running", "the store to run")
    if step is Step.KEEP:
        assert files(stack)["2024/two"] == "two"
        assert files(stack)["2024/new"] == "later"
    else:
        assert sh(stack, LOOK) == before
    assert not JournalFile(workspace.state).exists


def test_into_a_directory_that_is_new(stack: SmallStack, tmp_path: Path) -> None:
    containers = stack.containers()
    unpack(stack, tmp_path / "deep" / "out", "2024/may", "top")
    found = {str(path.relative_to(tmp_path / "deep" / "out")) for path in (tmp_path / "deep").rglob("*")}
    assert found == {".", "2024", "2024/may", "2024/may/one", "top"}
    status = (tmp_path / "deep" / "out" / "2024" / "may").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (5, 6, 0o750)
    assert stack.containers() == containers
    assert files(stack)["top"] == "now"


def test_without_patterns_all_of_it(stack: SmallStack, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o701)
    unpack(stack, tmp_path / "out")
    assert (tmp_path / "out" / "2025" / "same").samefile(tmp_path / "out" / "2024" / "two")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o701


def test_beside_other_files_but_never_over_one(stack: SmallStack, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "2024").mkdir(parents=True)
    (out / "2024" / "two").write_text("mine")
    with pytest.raises(InvalidUse, match="2024/two exists already"):
        unpack(stack, out, "2024")
    assert [path.name for path in out.rglob("*")] == ["2024", "two"]
    unpack(stack, out, "2024/may", "top")
    assert (out / "2024" / "two").read_text() == "mine"
    assert (out / "2024" / "may" / "one").read_text() == "one\n"
    assert (out / "2024").stat().st_uid == 0


def test_a_user_who_is_not_root_gets_files_of_his_own(
    stack: SmallStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    os.chown(out, 1234, 1235)
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 1235)
    unpack(stack, out, "2024")
    assert {path.stat().st_uid for path in out.rglob("*")} == {1234}


def test_a_directory_that_was_new_is_gone_after_a_failure(
    stack: SmallStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from volops.operations import extraction

    monkeypatch.setattr(extraction, "differences", lambda *_: ["'top': another content"])
    with pytest.raises(CheckFailed, match="another content"):
        unpack(stack, tmp_path / "out", "top")
    assert not (tmp_path / "out").exists()
