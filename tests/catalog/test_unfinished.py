"""What was begun and not committed can be told from a run that goes on."""

from __future__ import annotations

from pathlib import Path

from volops.catalog import Catalog
from volops.store import LocalStore

NAME = "full_backup_20251025_143022"


def test_nothing_is_unfinished_in_a_new_store(tmp_path: Path) -> None:
    assert Catalog(LocalStore(tmp_path / "none")).unfinished() == {}


def test_a_run_that_goes_on_is_told_from_the_remains_of_a_dead_one(tmp_path: Path) -> None:
    catalog = Catalog(LocalStore(tmp_path))
    dead = tmp_path / ".incoming" / "full_backup_20251024_000000"
    with catalog.begin(NAME) as draft:
        dead.mkdir()
        assert catalog.unfinished() == {NAME: True, dead.name: False}
        assert catalog.unfinished() == {NAME: True, dead.name: False}
        draft.discard()
    assert catalog.unfinished() == {dead.name: False}
