"""Plugins that are installed for one test, from hand-written distributions in tests/data/plugins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from volops.plugins import PluginState, Registry, discover

DATA = Path(__file__).parents[1] / "data" / "plugins"

Install = Callable[..., Registry]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put distributions beside those that are installed, and discover them all."""

    def install(*cases: str) -> Registry:
        for case in cases:
            monkeypatch.syspath_prepend(DATA / case)
            for module in (DATA / case).glob("*.py"):
                monkeypatch.delitem(sys.modules, module.stem, raising=False)
        return discover()

    return install


def state_of(registry: Registry, distribution: str) -> PluginState:
    (found,) = [plugin for plugin in registry.plugins if plugin.distribution == distribution]
    return found
