"""The audit log: a line for each command that took data away, even when it was killed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.operations.small_stack import SmallStack, small_stack
from tests.operations.test_clean_volumes import CLEANING, FULL, cleaned, everything
from volops.errors import EngineFailed, StoreUnavailable
from volops.operations.audit import audited
from volops.store.locks import FileLock


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStack]:
    with small_stack(tmp_path_factory.mktemp("audited")) as running:
        yield running


@pytest.fixture
def log(stack: SmallStack) -> Iterator[Path]:
    """Where the log is; there is none yet."""
    path = stack.backups / "audit.jsonl"
    assert not path.exists()
    yield path
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_who_when_what_and_where(stack: SmallStack, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ann")
    with audited(stack.workspace(), "clean", ["papers"], backup="some_backup") as deed:
        deed.touched.append("papers")
        deed.freed = 7
    (line,) = lines(log)
    assert {**line, "time": "", "ended": "", "version": ""} == {
        "time": "",
        "user": "root" if os.getuid() == 0 else line["user"],
        "uid": os.getuid(),
        "sudo_user": "ann",
        "host": os.uname().nodename,
        "version": "",
        "command": "clean",
        "project": stack.project,
        "volumes": ["papers"],
        "backup": "some_backup",
        "ended": "",
        "touched": ["papers"],
        "freed": 7,
        "outcome": "done",
        "error": None,
    }
    assert line["time"] < line["ended"]
    assert line["time"].endswith("+00:00")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("error", "outcome", "told"),
    [
        (EngineFailed("the engine is gone"), "failed", "the engine is gone"),
        (KeyboardInterrupt(), "interrupted", None),
        (ZeroDivisionError("secret"), "failed", "unexpected ZeroDivisionError"),
    ],
)
def test_what_was_done_before_it_failed_is_told(
    stack: SmallStack, log: Path, error: BaseException, outcome: str, told: str | None
) -> None:
    workspace = stack.workspace()

    def half_way() -> None:
        with audited(workspace, "clean", ["papers", "letters"]) as deed:
            deed.touched.append("papers")
            raise error

    with pytest.raises(type(error)):
        half_way()
    (line,) = lines(log)
    assert (line["outcome"], line["error"], line["touched"]) == (outcome, told, ["papers"])


def test_a_note_that_another_command_looks_at_is_made_anew(
    stack: SmallStack, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who takes up the notes of killed commands may lock one that was made this moment."""
    first, second = uuid4(), uuid4()
    names = iter([first, second])
    monkeypatch.setattr("volops.operations.audit.uuid.uuid4", lambda: next(names))
    state = stack.backups / ".volops"
    state.mkdir(parents=True, exist_ok=True)
    looked_at = FileLock.take(state / f"audit-{first.hex}.pending")
    assert looked_at is not None
    try:
        with audited(stack.workspace(), "clean", ["papers"]):
            pass
    finally:
        looked_at.release(remove=True)
    (line,) = lines(log)
    assert line["outcome"] == "done"


def test_lines_are_added_and_never_mixed(stack: SmallStack, log: Path) -> None:
    workspace = stack.workspace()

    def write(number: int) -> None:
        with audited(workspace, "clean", [f"volume-{number}-{n}" for n in range(500)]):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert sorted(line["volumes"][0] for line in lines(log)) == sorted(f"volume-{n}-0" for n in range(40))
    assert not list((stack.backups / ".volops").glob("audit-*"))


def test_a_log_that_cannot_be_written_is_an_error_before_anything_is_touched(
    stack: SmallStack, log: Path
) -> None:
    stack.fill("papers", **FULL)
    before = everything(stack, "papers")
    log.mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match=r"audit\.jsonl"):
        cleaned(stack.workspace(), "papers")
    assert everything(stack, "papers") == before
    assert stack.state("store") == "running"


def test_a_log_that_is_a_link_is_not_followed(stack: SmallStack, log: Path, tmp_path: Path) -> None:
    log.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable), audited(stack.workspace(), "clean"):
        raise AssertionError("it was begun")
    assert not (tmp_path / "elsewhere").exists()


def test_a_killed_command_has_its_line_from_the_next_one(stack: SmallStack, log: Path) -> None:
    stack.fill("papers", **FULL)
    argv = [sys.executable, "-c", CLEANING, str(stack.file), "swapping"]
    assert subprocess.run(argv, stderr=subprocess.DEVNULL, check=False).returncode == -9
    cleaned(stack.workspace(), "papers")
    cut, done = lines(log)
    assert (cut["outcome"], cut["volumes"], cut["freed"]) == ("cut off", ["papers"], None)
    assert (done["outcome"], done["freed"]) == ("done", 4)
