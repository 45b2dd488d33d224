"""An archive of old is restored all at once or not at all: its database and its files, whatever happens."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dying import DIES_AT
from tests.operations.old_stack import COMPOSE, LOOK, Old, old_stack
from volops.errors import NotWell, RollbackFailed
from volops.journal import JournalFile

RESTORING = (
    DIES_AT
    + """
from pathlib import Path
from volops.compose import ComposeOptions
from volops.operations.archive_plan import opened_old_archive, plan_archive
from volops.operations.restore_archive import restore_archive
from volops.source import look_around
from volops.staging import Swap
from volops.workspace import open_workspace

def die(swap):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "between":
    Swap.swap = die
directory = Path(sys.argv[1])
options = ComposeOptions(files=(str(directory / "compose.yaml"),), project=sys.argv[3])
workspace = open_workspace(options, directory / "backups")
around = look_around(workspace.engine, workspace.stack, "")
with opened_old_archive(workspace, workspace.catalog.find(sys.argv[4])) as archive:
    restore_archive(workspace, around, plan_archive(workspace, around, archive, ()), lambda event: None)
"""
)
PICKY = COMPOSE.replace(
    "command: [sleep, infinity]",
    "command: [sh, -c, 'if [ -e /app/media/2024 ]; then exit 1; fi; exec sleep infinity']",
)
"""Its web service does not get well on the files of the archive."""
IN_THE_WAY = ".volops/incoming/data/2024"
SABOTAGED = PICKY.replace("exit 1", f"mkdir -p /app/media/{IN_THE_WAY}; exit 1")
"""It also puts something where the files would have to go to be out of the way of the old ones."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    with old_stack(tmp_path_factory.mktemp("old")) as stack:
        yield stack


@pytest.fixture
def old(made: Old) -> Old:
    """The stack, running."""
    changed(made, COMPOSE)
    return made


def all_of(old: Old) -> tuple[str, str, str]:
    """The files, the rows, and the names of all databases."""
    there = "\nshop\n" in f"\n{old.databases}\n"
    return old.sh("web", LOOK), old.orders if there else "", old.databases


def changed(old: Old, compose: str) -> None:
    """The web service made anew, by another rule."""
    old.write(f"name: {old.name}\n{compose}")
    old.up()


def killed(old: Old, moment: str) -> None:
    """A restore of the archive by a process that is killed at that moment."""
    argv = [sys.executable, "-c", RESTORING, str(old.directory), moment, old.name, str(old.archive)]
    done = subprocess.run(argv, env=os.environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_what_does_not_get_well_takes_the_database_back_with_it(old: Old) -> None:
    """What an earlier restore has kept stays as it is. The audit log has one line of each."""
    old.restore_archive()
    old.spoil()
    before = all_of(old)
    assert "shop_before_" in before[2]
    changed(old, PICKY)
    with pytest.raises(NotWell, match="web"):
        old.restore_archive()
    assert all_of(old) == before
    assert old.clean()
    lines = (old.directory / "backups" / "audit.jsonl").read_text().splitlines()
    told = [(line["outcome"], line["touched"]) for line in map(json.loads, lines)]
    assert told == [("done", ["db/shop", "media", "static"]), ("failed", [])]


def test_a_database_that_was_not_there_is_not_there_again(old: Old) -> None:
    old.spoil()
    old.ask("DROP DATABASE shop WITH (FORCE)", "postgres")
    before = all_of(old)
    changed(old, PICKY)
    with pytest.raises(NotWell, match="web"):
        old.restore_archive()
    assert all_of(old) == before
    changed(old, COMPOSE)
    old.restore_archive()
    assert old.sh("web", LOOK) + old.orders == old.before


@pytest.mark.parametrize("moment", ["between", "starting"])
def test_killed_before_it_is_known_to_work_the_next_command_undoes_both_halves(old: Old, moment: str) -> None:
    old.spoil()
    before = all_of(old)
    killed(old, moment)
    if moment == "between":
        assert old.orders == old.before[-len(old.orders) :], "the names have not changed yet"
    workspace = old.workspace()
    assert all_of(old) == before
    assert not JournalFile(workspace.state).exists


def test_killed_once_it_is_known_to_work_the_next_command_finishes_it(old: Old) -> None:
    old.spoil()
    killed(old, "keep")
    workspace = old.workspace()
    assert old.sh("web", LOOK) + old.orders == old.before
    assert not JournalFile(workspace.state).exists


def test_a_server_that_does_not_answer_holds_up_its_own_half_only(old: Old) -> None:
    old.spoil()
    before = all_of(old)
    killed(old, "between")
    old.compose("stop", "db")
    with pytest.raises(RollbackFailed, match="databases 'shop' and 'shop_before_"):
        old.workspace()
    assert old.sh("web", LOOK) == before[0]
    old.up()
    workspace = old.workspace()
    assert all_of(old) == before
    assert not JournalFile(workspace.state).exists


def test_files_that_cannot_be_put_back_do_not_hold_up_the_database(old: Old) -> None:
    old.spoil()
    before = all_of(old)
    changed(old, SABOTAGED)
    with pytest.raises(RollbackFailed, match=f"'{old.name}_media' could not be put back as it was"):
        old.restore_archive()
    assert (old.orders, old.databases) == before[1:]
    argv = ["docker", "run", "--rm", "--volume", f"{old.name}_media:/tree", "debian:trixie-slim"]
    subprocess.run([*argv, "rmdir", f"/tree/{IN_THE_WAY}"], capture_output=True, check=True)
    old.workspace()
    assert all_of(old) == before


def test_both_halves_can_be_put_back_by_hand(old: Old) -> None:
    """By the commands of the manual, as they are printed, for what the journal names."""
    page = (Path(__file__).parents[2] / "docs" / "recovery.md").read_text("utf-8")
    section = page.partition("\n## By hand\n")[2].partition("\n## ")[0]
    (block,) = re.findall(r"^```bash\n(.*?)^```$", section, re.M | re.S)
    drop, *renames = re.findall(r'(?:ALTER|DROP) DATABASE "[^;`]+', section)
    old.spoil()
    before = all_of(old)
    killed(old, "starting")
    journal = old.directory / "backups" / ".volops" / "restore.json"
    noted = json.loads(journal.read_text())
    for volume in noted["volumes"]:
        script = re.sub(r"^volume=.*$", f"volume={volume['name']}", block, flags=re.M)
        subprocess.run(["bash", "-euc", script], capture_output=True, check=True)
    for statement in (*renames, drop):
        old.ask(re.sub('"(.*?)"', lambda name: f'"{noted["exchange"][name[1]]}"', statement), "postgres")
    journal.unlink()
    for each in noted["stopped"]:
        subprocess.run(["docker", "start", each["container"]], capture_output=True, check=True)
    assert all_of(old) == before
