"""What is in the wheel, and that it works where there is nothing but the wheel."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from tests.packaging.environment import Environment


def test_it_ships_its_types(volops_wheel: Path) -> None:
    names = zipfile.ZipFile(volops_wheel).namelist()
    assert "volops/py.typed" in names
    assert "volops_plugins/py.typed" in names


def test_it_ships_the_kit_and_no_tests_of_its_own(volops_wheel: Path) -> None:
    names = zipfile.ZipFile(volops_wheel).namelist()
    assert "volops/testing/conformance/__init__.py" in names
    tops = {name.split("/")[0] for name in names}
    assert tops - {each for each in tops if each.endswith(".dist-info")} == {"volops", "volops_plugins"}


def test_it_works_alone(clean: Environment, tmp_path: Path) -> None:
    where = clean.run("python", "-c", "import volops; print(volops.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(clean.directory)
    listed = json.loads(clean.run("volops", "plugins", "--json", cwd=tmp_path))["plugins"]
    assert {each["plugin"] for each in listed if each["distribution"] == "volops"} == {
        "logs",
        "media",
        "node_modules",
        "postgres",
        "redis",
        "static",
    }
    assert {each["status"] for each in listed} == {"ok"}
