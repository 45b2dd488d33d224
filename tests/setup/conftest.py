"""The machine that the tests of the set-up's decisions share."""

from pathlib import Path

import pytest

from tests.setup.made_up_machine import MadeUpMachine


@pytest.fixture
def machine(tmp_path: Path) -> MadeUpMachine:
    """Debian trixie without Docker and without systemd, used by root."""
    return MadeUpMachine.made(tmp_path)
