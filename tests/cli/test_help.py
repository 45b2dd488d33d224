"""`--help` is complete, quick, and loads nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.cli.program import run
from volops.cli.root import root, summary_of
from volops.cli.verb import Verb
from volops.errors import EXIT_MEANINGS

HEAVY = ("docker", "pydantic", "rich", "zstandard", "requests", "tenacity", "isal")
VERBS = root.list_commands(click.Context(root))


def command(name: str) -> Verb:
    found = root.get_command(click.Context(root), name)
    assert isinstance(found, Verb)
    return found


def test_the_list_of_verbs_names_each_with_its_summary(tmp_path: Path) -> None:
    done = run("--help", cwd=tmp_path)
    assert done.code == 0
    listed = {line.split()[0] for line in done.out.splitlines() if line.startswith("  ")}
    assert set(VERBS) <= listed
    for verb in VERBS:
        assert summary_of(verb) in done.out


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_lists_its_exit_codes_and_an_example(verb: str, tmp_path: Path) -> None:
    done = run(verb, "--help", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    usage, _, exits = done.out.partition("Exit codes:")
    listed = [line.split(maxsplit=1) for line in exits.splitlines() if line[2:3].isdigit()]
    assert dict(listed) == {str(code): EXIT_MEANINGS[code] for code in command(verb).exits}
    assert {"0", "1", "2", "130"} <= {code for code, _ in listed}
    assert f"volops {verb}" in usage.partition("Example")[2]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_says_of_itself_what_the_list_says(verb: str) -> None:
    assert (command(verb).help or "").split("\n")[0] == summary_of(verb).rstrip()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_nothing_heavy_is_loaded_for_it(option: str, tmp_path: Path) -> None:
    script = (
        "import sys; from volops.cli.main import run; code = run(sys.argv[1:], program='volops'); "
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]; sys.exit(code or str(loaded))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, option], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "[]"


def test_without_a_verb_the_help_is_the_error(tmp_path: Path) -> None:
    done = run(cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: volops")
