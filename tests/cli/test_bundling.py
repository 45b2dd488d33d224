"""A backup as one file: written where a person expects it, read wherever it is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Volops
from tests.cli.program import in_web, run_on_terminal


@pytest.fixture
def carried(volops: Volops, backups: Path, project: Path) -> Iterator[Path]:
    """A bundle in the project's directory, and no backup any more."""
    assert volops("backup").code == 0
    file = project / "carried.tar.gz"
    done = volops("bundle", "latest", "--output", str(file))
    assert (done.code, done.err) == (0, "")
    shutil.rmtree(backups)
    yield file
    file.unlink()


def test_it_lies_beside_the_backups_under_the_document_s_name(volops: Volops, backups: Path) -> None:
    assert volops("backup").code == 0
    name = next(backups.glob("full_backup_*")).name
    done = volops("bundle", "latest")
    assert (done.code, done.err) == (0, "")
    size = r"[\d.]+ [kM]?B"
    assert re.fullmatch(
        rf"{name} bundled: \d files, {size} in [\d.]+ s → \./backups/{name}\.tar\.gz",
        done.out.splitlines()[-1],
    )
    listed = subprocess.run(
        ["tar", "tzf", f"{backups}/{name}.tar.gz"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert listed[0] == "manifest.json"
    assert all("/" not in each for each in listed)
    rows = {line.split()[0]: line for line in volops("list").out.splitlines()}
    assert " bundle " in rows[f"{name}.tar.gz"]
    assert " complete " in rows[name]
    again = volops("bundle", "latest")
    assert again.code == 2
    assert again.error_line.endswith("is there already: choose another name with --output, or remove it")


def test_it_is_shown_verified_and_restored_without_any_backup(
    volops: Volops, carried: Path, backups: Path, project: Path
) -> None:
    shown = volops("show", "carried.tar.gz")
    assert (shown.code, shown.err) == (0, "")
    assert "uploads" in shown.out
    good = volops("verify", str(carried))
    assert (good.code, good.err) == (0, "")
    assert "carried.tar.gz is good" in good.out.splitlines()[-1]
    before = in_web(
        project, "sha256sum /srv/uploads/photo.jpg; stat -c '%u %a %Y' /srv/uploads /srv/uploads/*"
    )
    in_web(project, "rm /srv/uploads/photo.jpg; echo new >/srv/uploads/note")
    done = volops("restore", "./carried.tar.gz", "uploads", "--yes")
    assert (done.code, done.err) == (0, "")
    after = in_web(
        project, "sha256sum /srv/uploads/photo.jpg; stat -c '%u %a %Y' /srv/uploads /srv/uploads/*"
    )
    assert after == before
    assert list((backups / ".incoming").iterdir()) == []
    assert volops("commit", "--yes").code == 0


def test_a_verification_is_remembered_where_the_bundle_lies_among_backups(
    volops: Volops, backups: Path
) -> None:
    assert volops("backup").code == 0
    assert volops("bundle", "latest").code == 0
    (file,) = backups.glob("*.tar.gz")
    assert volops("verify", file.name).code == 0
    (entry,) = [
        each for each in json.loads(volops("list", "--json").out)["backups"] if each["name"] == file.name
    ]
    assert entry["verified"]["problems"] == []
    assert entry["state"] == "bundle"


def test_one_that_was_unpacked_by_hand_is_a_backup(volops: Volops, carried: Path, project: Path) -> None:
    directory = project / "by-hand"
    directory.mkdir()
    subprocess.run(["tar", "xzf", str(carried), "-C", str(directory)], check=True)
    assert volops("verify", "./by-hand").code == 0
    in_web(project, "rm /srv/uploads/photo.jpg")
    assert volops("restore", "./by-hand", "uploads", "--yes").code == 0
    assert in_web(project, "ls /srv/uploads") == "photo.jpg"
    assert volops("commit", "--yes").code == 0
    shutil.rmtree(directory)


def test_nothing_of_it_is_left_when_nobody_agrees(carried: Path, backups: Path, project: Path) -> None:
    done = run_on_terminal("restore", str(carried), cwd=project, typed="no\n")
    assert done.code == 1
    assert "nothing was changed" in done.out
    assert list((backups / ".incoming").iterdir()) == []


def test_a_damaged_one_restores_nothing(volops: Volops, carried: Path, project: Path) -> None:
    data = bytearray(carried.read_bytes())
    data[-1_000_000] ^= 1
    carried.write_bytes(data)
    before = in_web(project, "ls -la --time-style=full-iso /srv/uploads; cut -d' ' -f22 /proc/1/stat")
    done = volops("restore", str(carried), "--yes")
    assert done.code == 20
    assert "carried.tar.gz" in done.error_line
    assert volops("verify", str(carried)).code == 1
    after = in_web(project, "ls -la --time-style=full-iso /srv/uploads; cut -d' ' -f22 /proc/1/stat")
    assert after == before


def test_no_such_backup_and_no_such_directory(volops: Volops, backups: Path) -> None:
    assert volops("backup", "uploads").code == 0
    assert volops("bundle", "nosuch").code == 10
    name = next(backups.glob("selected_backup_*")).name
    done = volops("bundle", name, "--output", "no/such/file.tar.gz")
    assert done.code == 2
    assert "there is no directory" in done.error_line
