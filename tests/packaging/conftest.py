"""The wheel of volops, and an environment that has it and nothing of the source tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.environment import ROOT, Environment, build, environment


@pytest.fixture(scope="session")
def volops_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel of this source tree."""
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory, volops_wheel: Path) -> Environment:
    """An environment in which only that wheel is installed, to which tests add their own."""
    made = environment(tmp_path_factory.mktemp("clean"))
    made.install(volops_wheel)
    return made
