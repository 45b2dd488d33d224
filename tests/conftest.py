"""Fixtures that tests of several modules share, and in which order modules run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live import engine, image, new_volume, volume

__all__ = ["engine", "image", "new_volume", "volume"]

_HERE = Path(__file__).parent
_LONGEST = (
    "plugins/test_postgres_database.py",
    "operations/test_restore.py",
    "plugins/test_postgres_restore.py",
    "setup/test_bare_machine.py",
    "setup/test_demo.py",
    "packaging/test_examples.py",
    "plugins/test_databases_conformance.py",
    "operations/test_unfinished.py",
    "plugins/test_files_conformance.py",
    "operations/test_clean_volumes.py",
    "plugins/test_redis_restore.py",
    "testing/test_gate.py",
    "operations/test_old_archive_undone.py",
    "cli/test_cleaning.py",
    "test_staging.py",
    "operations/test_single_paths.py",
    "plugins/test_postgres_table.py",
)
"""Modules that take a minute and more, the longest first. They begin first, so that no process is left alone
with one of them at the end (scripts/test)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; all others in their own order."""
    rank = {_HERE / name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
