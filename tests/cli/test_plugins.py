"""Plugins that go wrong, as a user meets them: the others work on, and nobody is left in the dark."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Volops
from volops import INTERFACE

PLUGINS = Path(__file__).parents[1] / "data" / "plugins"
SETTINGS = """
x-volops:
  volumes:
    {uploads}
    spare: {{type: files}}
    web:/scratch: {{type: files}}
    ./logs: {{type: files}}
"""
GOES_WRONG = [
    ("import_fails", "document", "it cannot be imported"),
    ("hook_misspelt", "document", "unknown hook 'volops_volume_typs' (did it mean volops_volume_types?)"),
    ("hook_raises", "document", "its volops_volume_types failed: RuntimeError: no licence key found"),
    ("newer_interface", "newer", f"interface 7, and volops 0.1.0 has {INTERFACE}"),
    ("repeats_media", "media", "its volume type 'media' is also given by"),
    ("rival", "", "is claimed by the types 'rival' (plugin rival of volops-rival 1.0)"),
]
"""What is installed, the type that x-volops names, and what is said."""


def path(case: str) -> dict[str, str]:
    """The environment in which that distribution is installed."""
    return {"PYTHONPATH": os.pathsep.join([str(PLUGINS / case), os.environ.get("PYTHONPATH", "")])}


@pytest.mark.parametrize(("case", "named", "said"), GOES_WRONG)
def test_the_volume_concerned_has_failed_and_the_others_are_saved(
    case: str, named: str, said: str, volops: Volops, project: Path, backups: Path
) -> None:
    other = project / "other.yaml"
    other.write_text(
        SETTINGS.format(uploads=f"uploads: {{type: {named}}}" if named else "{}").replace("    {}\n", "")
    )
    done = volops("-f", "compose.yaml", "-f", "other.yaml", "backup", "--json", **path(case))
    other.unlink()
    assert done.code == 3, done.err
    assert said in done.err
    told = {volume["volume"]: volume for volume in json.loads(done.out)["backup"]["volumes"]}
    assert told["uploads"]["status"] == "failed"
    assert said in told["uploads"]["reason"]
    assert told["web:/scratch"]["status"] == "done"
    (manifest,) = backups.glob("partial_full_backup_*/manifest.json")
    recorded = {volume["key"]: volume for volume in json.loads(manifest.read_text())["volumes"]}
    assert (recorded["uploads"]["status"], recorded["uploads"]["artifacts"]) == ("failed", [])
    assert said in recorded["uploads"]["reason"]


def listed(volops: Volops, *cases: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """How `volops plugins` ended, and the plugins by distribution and name."""
    paths = os.pathsep.join([*(str(PLUGINS / case) for case in cases), os.environ.get("PYTHONPATH", "")])
    done = volops("plugins", "--json", PYTHONPATH=paths)
    return done.code, {
        f"{each['distribution']}:{each['plugin']}": each for each in json.loads(done.out)["plugins"]
    }


def test_a_plugin_is_listed_with_all_that_is_known_of_it(volops: Volops) -> None:
    code, plugins = listed(volops, "good")
    assert code == 0
    assert plugins["volops-mongo:mongo"] == {
        "plugin": "mongo",
        "distribution": "volops-mongo",
        "version": "1.2",
        "interface": 1,
        "types": ["mongo"],
        "stores": [],
        "commands": [],
        "hooks": ["volops_event", "volops_volume_types"],
        "status": "ok",
        "reason": None,
    }
    shown = volops("plugins", **path("good")).out.splitlines()
    assert shown[0].split() == [
        "PLUGIN", "DISTRIBUTION", "VERSION", "INTERFACE", "TYPES", "HOOKS", "STATUS",
    ]  # fmt: skip
    (row,) = [line for line in shown if line.startswith("mongo")]
    assert row.split() == ["mongo", "volops-mongo", "1.2", "1", "mongo", "event,", "volume_types", "ok"]


def test_each_broken_one_is_listed_with_the_reason_and_the_others_are_ok(volops: Volops) -> None:
    code, plugins = listed(volops, "good", "import_fails", "hook_misspelt", "hook_raises", "newer_interface")
    assert code == 1
    broken = {name: each["reason"] for name, each in plugins.items() if each["status"] == "broken"}
    assert broken.keys() == {
        "volops-missing:missing",
        "volops-misspelt:misspelt",
        "volops-raises:raises",
        "volops-newer:newer",
    }
    assert plugins["volops-newer:newer"]["interface"] == 7
    assert plugins["volops-mongo:mongo"]["status"] == "ok"
    assert {name for name in plugins if name.startswith("volops:")} & broken.keys() == set()


def test_the_reason_is_told_below_the_table(volops: Volops) -> None:
    done = volops("plugins", **path("hook_misspelt"))
    assert done.code == 1
    assert "plugin misspelt is broken: it has an unknown hook 'volops_volume_typs'" in done.err


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("jbos: 4", "x-volops.volumes.uploads.jbos: volume type 'tunable' has no such option"),
        ("jobs: four", "x-volops.volumes.uploads.jobs: input should be a valid integer"),
    ],
)
def test_a_wrong_option_is_told_with_its_path_in_the_compose_file(
    option: str, said: str, volops: Volops, project: Path, backups: Path
) -> None:
    other = project / "other.yaml"
    other.write_text(SETTINGS.format(uploads=f"uploads: {{type: tunable, {option}}}"))
    done = volops("-f", "compose.yaml", "-f", "other.yaml", "backup", "uploads", **path("with_options"))
    other.unlink()
    assert done.code == 2
    assert said in done.err
    assert not list(backups.glob("*_backup_*"))
