"""What holds when the scenarios of this package are collected."""

from __future__ import annotations

from pathlib import Path

import pytest

_LONGEST_S = 3600
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """They need a stack, and time: a big one may take minutes to start."""
    ours = [item for item in items if _HERE in item.path.parents]
    if ours and not config.getoption("stack"):
        pytest.exit("name the project to judge: --stack path/to/compose.yaml", returncode=4)
    if config.pluginmanager.hasplugin("timeout"):
        for item in ours:
            item.add_marker(pytest.mark.timeout(_LONGEST_S))
