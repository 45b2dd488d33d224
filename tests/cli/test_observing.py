"""What a plugin that observes is told of runs that end well, and of those that do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Volops
from tests.cli.program import FAILING, Done
from tests.cli.test_plugged import having

Told = Callable[..., tuple[Done, list[dict[str, Any]]]]


@pytest.fixture
def told(volops: Volops, tmp_path: Path) -> Told:
    """Run `volops` with the observer; how it ended, and what the observer heard meanwhile."""
    diary = tmp_path / "diary"

    def run(*words: str) -> tuple[Done, list[dict[str, Any]]]:
        diary.write_text("")
        done = volops(*words, DIARY=str(diary), **having("diary"))
        return done, [json.loads(line) for line in diary.read_text().splitlines()]

    return run


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events if event["event"] != "Warned"]


WHOLE = ["RunStarted", "VolumeStarted", "VolumeFinished", "RunFinished"]


def test_a_backup_of_which_nothing_is_kept_has_an_end(told: Told, project: Path, backups: Path) -> None:
    other = project / "other.yaml"
    other.write_text(FAILING)
    done, events = told("-f", "compose.yaml", "-f", "other.yaml", "backup", "uploads")
    other.unlink()
    assert done.code == 1
    assert names(events) == WHOLE
    assert events[-2]["outcome"]["status"] == "failed"
    assert events[-1]["exit_code"] == done.code
    assert not list(backups.glob("*_backup_*"))


def test_a_restore_that_fails_half_way_has_an_end_and_so_has_its_volume(told: Told, backups: Path) -> None:
    assert told("backup", "uploads")[0].code == 0
    (artifact,) = backups.glob("*/files_backup_*.tar.zst")
    data = bytearray(artifact.read_bytes())
    data[len(data) // 2] ^= 1
    artifact.write_bytes(data)
    done, events = told("restore", artifact.parent.name, "uploads", "--yes")
    assert done.code == 20
    assert names(events) == WHOLE
    failed = events[-2]["outcome"]
    assert (failed["volume"], failed["type"], failed["status"]) == ("uploads", "files", "failed")
    assert "is damaged" in failed["reason"]
    ended = events[-1]
    assert (ended["operation"], ended["exit_code"], ended["outcomes"]) == ("restore", 20, [failed])


def test_what_follows_a_restore_is_told_of_too(told: Told, backups: Path) -> None:
    assert told("backup", "uploads")[0].code == 0
    name = next(backups.glob("selected_backup_*")).name
    assert told("restore", name, "uploads", "--yes")[0].code == 0
    for verb in ("rollback", "commit"):
        done, events = told(verb, "--yes")
        assert done.code == 0, done.err
        assert names(events) == ["RunStarted", "RunFinished"]
        assert (events[0]["operation"], events[0]["volumes"]) == (verb, ["uploads"])
        assert events[-1]["exit_code"] == 0


def test_a_run_that_is_refused_before_it_began_has_no_events(told: Told) -> None:
    done, events = told("backup", "nonesuch")
    assert (done.code, events) == (2, [])
