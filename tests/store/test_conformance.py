"""The stores that there are pass the suite of the kit: the directory, and one as a plugin would give it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from volops.plugins import discover, open_store
from volops.store import LocalStore, Store
from volops.testing.store_conformance import StoreConformance

SHELF = Path(__file__).parents[1] / "data" / "plugins" / "shelf"


class TestDirectory(StoreConformance):
    @pytest.fixture
    def opening(self, tmp_path: Path) -> Callable[[], Store]:
        return lambda: LocalStore(tmp_path / "backups")


class TestShelf(StoreConformance):
    @pytest.fixture
    def opening(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Store]:
        monkeypatch.syspath_prepend(SHELF)
        monkeypatch.delitem(sys.modules, "volops_shelf", raising=False)
        registry = discover()
        return lambda: open_store(registry, f"shelf://{tmp_path}/shelf")
