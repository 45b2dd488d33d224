"""docs/design.md says what the manifest holds, and cannot drift from it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.samples import manifest
from volops.catalog import EntryState
from volops.manifest import manifest_bytes, read_manifest
from volops.manifest.records import Record

DESIGN = (Path(__file__).parents[2] / "docs" / "design.md").read_text("utf-8")
SECTION = DESIGN.partition("## The manifest\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("record", Record.__subclasses__(), ids=lambda record: record.__name__)
def test_every_field_is_described(record: type[Record]) -> None:
    described = set(re.findall(r"`(\w+)`", SECTION))
    assert record.model_fields.keys() <= described


def test_every_state_of_an_entry_is_described() -> None:
    rows = re.findall(r"^\| (\w+) \|", DESIGN, re.MULTILINE)
    assert {state.value for state in EntryState} <= set(rows)


def test_the_seal_is_checked_as_described(tmp_path: Path) -> None:
    (command,) = re.findall(r"```sh\n(.+)\n```", SECTION)
    data = manifest_bytes(manifest())
    (tmp_path / "manifest.json").write_bytes(data)
    shell = shutil.which("sh")
    assert shell is not None
    done = subprocess.run([shell, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == read_manifest(data, "manifest.json").seal
