"""The tutorial builds the very plugin in examples/, which tests/packaging installs and runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "plugins" / "tutorial.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples" / "volops-sqlite"
_SNIPPET = re.compile(r"^<!-- (\S+?)(?:: [^>]*)? -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def told() -> dict[str, list[str]]:
    """The snippets of each file."""
    found: dict[str, list[str]] = {}
    for name, snippet in _SNIPPET.findall(TUTORIAL):
        found.setdefault(name, []).append(snippet)
    return found


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "volops_sqlite.py", "tests/Dockerfile", "tests/test_volops_sqlite.py"]
)
def test_its_snippets_are_the_file(name: str) -> None:
    snippets = told()[name]
    wanted = lines((EXAMPLE / name).read_text(encoding="utf-8"))
    if name == "volops_sqlite.py":
        head, options, attributes, detect, copy, *rest = snippets
        snippets = [head, copy, options, attributes, detect, *rest]
    assert lines("\n".join(snippets)) == wanted


def test_every_snippet_of_code_is_of_a_file() -> None:
    marked = sum(len(snippets) for snippets in told().values())
    assert marked == len(re.findall(r"^```(?:python|toml|dockerfile)$", TUTORIAL, re.MULTILINE))


def test_about_forty_lines_of_code() -> None:
    source = (EXAMPLE / "volops_sqlite.py").read_text(encoding="utf-8")
    code = [line for line in lines(source) if not line.strip().startswith(('"""', "#"))]
    assert len(code) <= 50


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "plugins").glob("*.md")), ids=lambda page: page.name)
def test_its_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("plugin", ["chores", "shelf"])
def test_what_is_shown_of_other_plugins_is_what_the_tests_install(plugin: str) -> None:
    page = (ROOT / "docs" / "plugins" / "more.md").read_text(encoding="utf-8")
    file = ROOT / "tests" / "data" / "plugins" / plugin / f"volops_{plugin}.py"
    ((_, shown),) = [found for found in _SNIPPET.findall(page) if found[0] == plugin]
    assert shown in file.read_text(encoding="utf-8")
