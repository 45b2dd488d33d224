"""plugin."""

from __future__ import annotations

import ast
import importlib.util
import keyword
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from volops.cli.verb import verb
from volops.errors import InvalidUse, VolopsError
from volops.hookspecs import INTERFACE

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40
IMAGE = "debian:trixie-slim"


@verb("plugin", json=False, examples=["volops plugin new ledger"])
@click.argument("action", type=click.Choice(["new"]))
@click.argument("name")
@click.option(
    "--in",
    "parent",
    default=".",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Where to make its directory [default: here].",
)
def plugin(invocation: Invocation, action: str, name: str, parent: str) -> None:
    """Make a new plugin with a volume type of that name.

    `new` writes the distribution volops-NAME into a new directory of that name: a type that keeps plain
    files, to start from, and a test that passes. docs/plugins/tutorial.md goes on from there.
    """
    del action
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise InvalidUse(f"{name!r} cannot be a type's name", next_step="choose one like ledger or my-ledger")
    written = _written(name)
    _require_free(name, written)
    directory = Path(parent) / f"volops-{name}"
    try:
        (directory / "tests").mkdir(parents=True)
        for path, text in written.items():
            (directory / path).write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise VolopsError(f"{directory} is there already", next_step="choose another name") from error
    except OSError as error:
        raise VolopsError(
            f"cannot write {directory}: {error.strerror}", next_step="choose another place with --in"
        ) from error
    invocation.output.note(f"{directory} is there: cd {directory} && pip install -e '.[dev]' && pytest")


def _require_free(name: str, written: Mapping[str, str]) -> None:
    """Raise InvalidUse when the name means something else already: a type, a place that one knows, a module,
    or a word of Python in the files."""
    from volops.config import VolumeSettings
    from volops.model import Mount, Service, Volume
    from volops.plugins import assign, discover

    registry = discover()
    place = f"/srv/{name}"
    given = assign(
        Volume(name, name, mounts=(Mount(Service(name, IMAGE), place),)), VolumeSettings(), registry
    )
    why = ""
    if name in registry.types or any(name in plugin.types for plugin in registry.plugins):
        why = f"there is a volume type {name!r} already"
    elif given.detected and given.type:
        why = f"a volume at {place} is one of the type {given.type.cls.name!r} already"
    elif importlib.util.find_spec(f"volops_{_module(name)}"):
        why = f"there is a module volops_{_module(name)} already"
    elif keyword.iskeyword(_class(name)) or _class(name) in _imported(name, written):
        why = f"a class {_class(name)} would hide what plugins import under that name"
    if why:
        raise InvalidUse(why, next_step="choose another name")


def _imported(name: str, written: Mapping[str, str]) -> set[str]:
    """What the files import from elsewhere."""
    found = set[str]()
    for path, text in written.items():
        for node in ast.walk(ast.parse(text)) if path.endswith(".py") else ():
            if isinstance(node, ast.ImportFrom) and node.module != f"volops_{_module(name)}":
                found.update(alias.name for alias in node.names)
    return found


def _module(name: str) -> str:
    return name.replace("-", "_")


def _class(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _written(name: str) -> dict[str, str]:
    """Path and text of each file."""
    said = {
        "@NAME@": name,
        "@MODULE@": _module(name),
        "@CLASS@": _class(name),
        "@INTERFACE@": str(INTERFACE),
    }
    templates = {
        "pyproject.toml": "pyproject.toml.txt",
        "README.md": "README.md.txt",
        f"volops_{said['@MODULE@']}.py": "module.py.txt",
        f"tests/test_volops_{said['@MODULE@']}.py": "test.py.txt",
    }
    return {path: _filled(template, said) for path, template in templates.items()}


def _filled(template: str, said: dict[str, str]) -> str:
    text = files("volops.cli").joinpath("plugin_template", template).read_text(encoding="utf-8")
    for mark, value in said.items():
        text = text.replace(mark, value)
    return text
