"""What a run that was cut off leaves is not read as if it were whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from volops.errors import Locked
from volops.journal import Journal, JournalFile, Step, Touched


@pytest.mark.parametrize("step", [Step.SWAPPING, Step.STARTING, Step.KEEP])
def test_volumes_whose_data_is_half_moved_are_not_read(tmp_path: Path, step: Step) -> None:
    """As a backup that was begun while a restore ran, and gets the lock because that is killed."""
    journals = JournalFile(tmp_path)
    with journals.held("volops restore"):
        journals.write(Journal("restore", "a backup", step, (Touched("papers", "op_papers"),)))
    with pytest.raises(Locked, match="cut off") as refused, journals.held_to_read("volops backup"):
        pytest.fail("the volumes were read")
    assert refused.value.exit_code == 11
    journals.remove()
    with journals.held_to_read("volops backup"):
        pass


def test_volumes_that_nothing_was_done_to_yet_may_be_read(tmp_path: Path) -> None:
    journals = JournalFile(tmp_path)
    journals.write(Journal("restore", "a backup", Step.STAGING, (Touched("papers", "op_papers"),)))
    with journals.held_to_read("volops backup"):
        assert journals.exists
