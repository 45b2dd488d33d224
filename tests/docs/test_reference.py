"""The plugin interface is documented whole, with the very signatures, and each part of it has a test."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import volops
from scripts.plugin_reference import (
    ELSEWHERE,
    SECTIONS,
    TARGET,
    Member,
    errors,
    hooks,
    members,
    public_classes,
    reference,
)
from volops.plugins.discovery import HOOKS

ROOT = Path(__file__).parents[2]
METHODS = [each for name in public_classes() for each in members(name) if each.method]


def called(member: Member) -> str:
    return f"{member.owner}.{member.name}".lstrip(".")


def test_the_page_is_what_the_interface_says_today() -> None:
    assert TARGET.read_text(encoding="utf-8") == reference(), "run scripts/plugin_reference.py"


def test_every_public_name_is_on_it() -> None:
    described = {name for names in SECTIONS.values() for name in names}
    assert described | set(errors()) | set(ELSEWHERE) == set(volops.__all__)
    page = TARGET.read_text(encoding="utf-8")
    for name in ELSEWHERE:
        assert f"`@{name}`" in page or f"VOLOPS_{name}" in page


def test_every_hook_that_is_called_is_specified() -> None:
    assert {hook.name for hook in hooks()} == set(HOOKS)


@pytest.mark.parametrize("member", [*hooks(), *METHODS], ids=called)
def test_a_hook_or_method_has_a_contract_beside_its_exact_signature(member: Member) -> None:
    page = TARGET.read_text(encoding="utf-8")
    owner = f"{member.owner}." if member.owner else ""
    assert member.text, f"{called(member)} has no docstring"
    assert f"`{owner}{member.signature}`\n\n{member.text}\n" in page


@pytest.mark.parametrize("name", public_classes())
def test_a_class_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(getattr(volops, name))
    assert name in TARGET.read_text(encoding="utf-8")


THROUGH = {
    "DatabaseType.aim": ("tests/plugins/test_postgres_database.py", "put_back"),
    "DatabaseType.load_database": ("tests/plugins/test_postgres_database.py", "put_back"),
    "DatabaseType.earlier": ("tests/plugins/test_postgres_database.py", "turn_back"),
    "TableType.aim_table": ("tests/plugins/test_postgres_table.py", "table"),
    "TableType.copy_table": ("tests/plugins/test_postgres_table.py", "table"),
    "Source.stamp": ("tests/test_source.py", "file_name"),
    "Staging.untar": ("tests/operations/test_restore.py", "restore"),
    "VolumeType.regenerated_by": ("tests/operations/test_restore.py", "regenerate"),
}
"""What no test calls by itself: the file and the word of one that has the core call it."""


@pytest.mark.parametrize("member", [*hooks(), *METHODS], ids=called)
def test_a_hook_or_method_has_a_test(member: Member, named_in_tests: set[str]) -> None:
    if called(member) in THROUGH:
        file, word = THROUGH[called(member)]
        assert word in (ROOT / file).read_text(encoding="utf-8")
    else:
        assert member.name in named_in_tests, f"no test calls {called(member)}"


@pytest.fixture(scope="module")
def named_in_tests() -> set[str]:
    """What tests call or give, and what the checks of the kit call."""
    named = set()
    for top in ("tests", "volops/testing"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute):
                    named.add(node.attr)
                elif isinstance(node, ast.FunctionDef) and top == "tests":
                    named.add(node.name)
    return named
