"""plugin."""

from __future__ import annotations

import re
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
    directory = Path(parent) / f"volops-{name}"
    try:
        (directory / "tests").mkdir(parents=True)
        for path, text in _written(name).items():
            (directory / path).write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise VolopsError(f"{directory} is there already", next_step="choose another name") from error
    except OSError as error:
        raise VolopsError(
            f"cannot write {directory}: {error.strerror}", next_step="choose another place with --in"
        ) from error
    invocation.output.note(f"{directory} is there: cd {directory} && pip install -e '.[dev]' && pytest")


def _written(name: str) -> dict[str, str]:
    """Path and text of each file."""
    words = name.split("-")
    said = {
        "@NAME@": name,
        "@MODULE@": "_".join(words),
        "@CLASS@": "".join(word.capitalize() for word in words),
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
