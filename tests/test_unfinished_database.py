"""What a type of databases raises while a restore that was cut off is undone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from volops_plugins.postgres import Postgres

from volops.errors import RollbackFailed
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import Exchange, Volume
from volops.plugins import Assignment, RegisteredType
from volops.source import Surroundings
from volops.unfinished_database import conclude_database
from volops.volume_access import Source


class Confused(Postgres):
    """Finds no databases, for no reason that it could name."""

    def databases(self, source: Source) -> Mapping[str, int]:
        raise KeyError(source.volume.key)


class Elsewhere:
    """Surroundings of which nothing is asked."""

    stamp = ""


def test_a_type_that_raises_what_it_should_not_is_blamed_and_the_journal_stays(tmp_path: Path) -> None:
    given = Assignment(Volume("db", "app_db"), RegisteredType(Confused, "strange", "volops-strange", "7.1"))
    journals = JournalFile(tmp_path)
    journal = Journal(
        "restore", "db_backup", Step.SWAPPING, (Touched("db", "app_db"),), exchange=Exchange("a", "b", "c")
    )
    with journals.held("test"):
        journals.write(journal)
        with pytest.raises(RollbackFailed, match=r"plugin strange \(volops-strange 7\.1\) raised KeyError"):
            conclude_database(cast(Surroundings, Elsewhere()), journals, journal, [given])
        assert journals.exists
