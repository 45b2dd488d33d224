"""docs/json.md lists exactly the keys that `--json` prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.conftest import Volops
from tests.cli.program import run
from volops.cli.root import root
from volops.cli.verb import Verb

DOCUMENT = Path(__file__).parents[2] / "docs" / "json.md"
COPY = f"cliw-{uuid.uuid4().hex[:8]}"
_ROW = re.compile(r"^\| `(\S+)` \| (.+?) \|", re.MULTILINE)
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "null": (type(None),),
}


def documented() -> dict[str, dict[str, str]]:
    """For each heading, the type of each key."""
    return {title: dict(_ROW.findall(body)) for title, body in _SECTION.findall(DOCUMENT.read_text())}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of an object with its value, in the document's notation; an empty array is its own value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield (f"{path}[]" if value == [] else path), value


def row_of(path: str, rows: dict[str, str]) -> str:
    """The row that documents a key: its own, or that of the object it is in, which is described elsewhere."""
    elsewhere = (row for row, kind in rows.items() if "object" in kind and path.startswith(f"{row}."))
    return path if path in rows else next(elsewhere, "")


def compare(printed: dict[str, Any], rows: dict[str, str]) -> None:
    """Every key that is printed is documented with that type; every documented key is printed."""
    seen = set()
    for path, value in leaves(printed):
        row = row_of(path, rows)
        assert row, f"{path} is not documented"
        seen.add(row)
        if row == path and value != []:
            allowed = [kind for word in rows[row].split(" or ") for kind in _TYPES[word]]
            assert type(value) in allowed, f"{path} is {value!r}, not {rows[row]}"
    assert rows.keys() == seen, f"documented, but not printed: {rows.keys() - seen}"


@pytest.fixture(scope="module")
def one_of_each(project: Path) -> Iterator[Path]:
    """A verified backup, the remains of a dead run, and running services."""
    backups = project / "backups"
    for words in (["start"], ["backup"], ["verify", "latest"]):
        assert run(*words, "-q", cwd=project).code == 0
    (backups / ".incoming" / "full_backup_20251025_143022").mkdir(parents=True, exist_ok=True)
    yield backups
    shutil.rmtree(backups)
    copy = ["docker", "compose", "-p", COPY, "down", "--volumes"]
    subprocess.run(copy, cwd=project, capture_output=True, check=True)


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize(
    ("arguments", "heading"),
    [
        (["volumes", "--binds"], "`volops volumes`"),
        (["status"], "`volops status`"),
        (["start"], "`volops start`, `stop`, `restart`, `rebuild`"),
        (["list"], "`volops list`"),
        (["backup", "--backups", "backups/more"], "`volops backup`, `backup-db`"),
        (["show", "latest"], "`volops show`"),
        (["verify", "latest"], "`volops verify`"),
        (["bundle", "latest", "--output", "backups/more.tar.gz"], "`volops bundle`"),
        (["verify", "latest", "--restore"], "`volops verify --restore`"),
        (["restore", "latest", "--yes"], "`volops restore`"),
        (["restore", "latest", "--into", COPY], "`volops restore --into`"),
        (["restore", "latest", "uploads", "--to", "backups/found"], "`volops restore --to`"),
        (["plugins"], "`volops plugins`"),
        (["show", "nosuch"], "When something fails"),
    ],
)
def test_what_is_printed_is_what_is_documented(arguments: list[str], heading: str, volops: Volops) -> None:
    compare(json.loads(volops(*arguments, "--json").out), documented()[heading])


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("verb", ["rollback", "commit"])
def test_so_it_is_of_what_follows_a_restore(verb: str, volops: Volops) -> None:
    assert volops("restore", "latest", "--yes").code == 0
    compare(json.loads(volops(verb, "--yes", "--json").out), documented()[f"`volops {verb}`"])


def test_who_has_none_to_print_refuses_it(tmp_path: Path) -> None:
    """Those are the verbs that the page names, and no others."""
    ctx = click.Context(root)
    verbs = {name: root.get_command(ctx, name) for name in root.list_commands(ctx)}
    without = {name for name, verb in verbs.items() if isinstance(verb, Verb) and not verb.json}
    page = DOCUMENT.read_text()
    assert without == set(
        re.findall(r"`([\w-]+)`", re.findall(r"the same\. (.*?) have none", page, re.DOTALL)[0])
    )
    done = run("--json", "completion", "bash", cwd=tmp_path)
    assert done.code == 2
    assert json.loads(done.out)["error"]["message"] == "`volops completion` prints no JSON"


@pytest.mark.usefixtures("one_of_each")
def test_json_may_stand_before_the_verb(volops: Volops) -> None:
    before, after = volops("--json", "list"), volops("list", "--json")
    assert json.loads(before.out) == json.loads(after.out)
