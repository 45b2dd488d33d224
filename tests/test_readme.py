"""The README says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from volops.errors import EXIT_MEANINGS
from volops.model import Mount, Service, Volume

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_exit_codes_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", README, re.M)
    assert {int(code): meaning for code, meaning in rows} == EXIT_MEANINGS


def test_the_volume_type_that_it_shows_works() -> None:
    (snippet,) = re.findall(r"```python\n(.+?)```", README, re.S)
    module: dict[str, object] = {}
    exec(compile(snippet, "README.md", "exec"), module)  # noqa: S102 - our own text
    registered = module["volops_volume_types"]
    assert callable(registered)
    (letters,) = registered()
    service = Service("printer", "printer:1")
    assert letters().detect(Volume("letters", "letters", mounts=(Mount(service, "/srv/letters"),)))
    assert not letters().detect(Volume("other", "other", mounts=(Mount(service, "/srv/other"),)))


def test_every_verb_that_it_names_exists() -> None:
    from volops.cli.root import root

    named = set(re.findall(r"(?:^\$ |`)volops ([a-z][a-z-]+)", README, re.M))
    known = set(root.list_commands(None))  # type: ignore[arg-type]
    assert named <= known
    assert {"backup", "restore", "verify", "rollback", "commit"} <= named
