"""The README says what the program does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from tests.plugins.samples import Uploads
from volops.errors import EXIT_MEANINGS
from volops.model import Mount, Service, Volume
from volops.plugins import discover
from volops.testing.conformance import VolumeTypeConformance
from volops.testing.conformance.live import LiveChecks
from volops.testing.conformance.unit import UnitChecks

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
(SNIPPET,) = re.findall(r"```python\n(.+?)```", README, re.S)


def test_the_exit_codes_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", README, re.M)
    assert {int(code): meaning for code, meaning in rows} == EXIT_MEANINGS


def test_the_volume_type_that_it_shows_works() -> None:
    module: dict[str, object] = {}
    exec(compile(SNIPPET, "README.md", "exec"), module)  # noqa: S102 - our own text
    registered = module["volops_volume_types"]
    assert callable(registered)
    (letters,) = registered()
    service = Service("printer", "printer:1")
    assert letters().detect(Volume("letters", "letters", mounts=(Mount(service, "/srv/letters"),)))
    assert not letters().detect(Volume("other", "other", mounts=(Mount(service, "/srv/other"),)))


class Printed(Uploads):
    target = "/srv/letters"


def test_the_plugin_that_it_shows_passes_the_kit_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "volops_letters.py").write_text(SNIPPET)
    (told := tmp_path / "volops_letters-1.0.dist-info").mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: volops-letters\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[volops]\nletters = volops_letters\n")
    monkeypatch.syspath_prepend(tmp_path)
    registered = discover().types["letters"]
    given = {"registered": registered, "volume_type": registered.cls, "sample": Printed()}
    checks = [check for name, check in vars(UnitChecks).items() if name.startswith("test_")]
    for check in checks:
        wanted = list(inspect.signature(check).parameters)[1:]
        check(VolumeTypeConformance(), **{name: given[name] for name in wanted})
    (counts,) = re.findall(r"gives (\d+) checks, (\d+) of them on the live engine", README)
    live = [name for name in vars(LiveChecks) if name.startswith("test_live_")]
    assert tuple(map(int, counts)) == (len(checks) + len(live), len(live))


def test_every_verb_that_it_names_exists() -> None:
    from volops.cli.root import root

    named = set(re.findall(r"(?:^\$ |`)volops ([a-z][a-z-]+)", README, re.M))
    known = set(root.list_commands(None))  # type: ignore[arg-type]
    assert named <= known
    assert {"backup", "restore", "verify", "rollback", "commit"} <= named
