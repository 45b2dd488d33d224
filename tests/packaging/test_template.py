"""`volops plugin new` makes a plugin that builds, installs, is found, and passes the kit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.packaging.environment import Environment, build


def test_a_new_plugin_works_and_passes_its_test(clean: Environment, tmp_path: Path) -> None:
    said = clean.run("volops", "plugin", "new", "my-ledger", cwd=tmp_path)
    made = tmp_path / "volops-my-ledger"
    assert "pip install -e '.[dev]' && pytest" in said
    clean.install(build(made, tmp_path))
    listed = json.loads(clean.run("volops", "plugins", "--json", cwd=tmp_path))["plugins"]
    (found,) = [each for each in listed if each["distribution"] == "volops-my-ledger"]
    assert (found["types"], found["status"]) == (["my-ledger"], "ok")
    ran = clean.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=made)
    assert " passed" in ran
    assert "skipped" not in ran


def test_a_directory_that_is_there_stays_as_it_is(clean: Environment, tmp_path: Path) -> None:
    (tmp_path / "volops-ledger" / "tests").mkdir(parents=True)
    said = clean.run("volops", "plugin", "new", "ledger", cwd=tmp_path, ok=(1,))
    assert "is there already" in said
    assert list((tmp_path / "volops-ledger").iterdir()) == [tmp_path / "volops-ledger" / "tests"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("media", "there is a volume type 'media' already"),
        ("files", "there is a volume type 'files' already"),
        ("uploads", "a volume at /srv/uploads is one of the type 'media' already"),
        ("plugins", "there is a module volops_plugins already"),
        ("sample", "a class Sample would hide what plugins import under that name"),
        ("file-tree", "a class FileTree would hide what plugins import under that name"),
        ("none", "a class None would hide"),
    ],
)
def test_a_name_that_is_taken_is_refused(clean: Environment, tmp_path: Path, name: str, why: str) -> None:
    said = clean.run("volops", "plugin", "new", name, cwd=tmp_path, ok=(2,))
    assert f"{why}" in said
    assert "choose another name" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Ledger", "../ledger", "my--ledger", "1st", "a" * 41, "class_name"])
def test_a_name_that_cannot_be_is_refused(clean: Environment, tmp_path: Path, name: str) -> None:
    said = clean.run("volops", "plugin", "new", name, cwd=tmp_path, ok=(2,))
    assert "cannot be a type's name: choose one like ledger" in said
    assert list(tmp_path.iterdir()) == []
