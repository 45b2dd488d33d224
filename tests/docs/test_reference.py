"""The plugin interface is documented whole, with the very signatures, and each part of it has a test."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import volops
import volops.testing
import volops.testing.conformance
from scripts.plugin_reference import (
    ELSEWHERE,
    SECTIONS,
    TARGET,
    TESTING,
    TESTING_TARGET,
    Member,
    checks,
    errors,
    hooks,
    kit_classes,
    kit_reference,
    members,
    public_classes,
    reference,
)
from volops.plugins.discovery import HOOKS
from volops.testing.conformance import VolumeTypeConformance

ROOT = Path(__file__).parents[2]
METHODS = [each for name in public_classes() for each in members(getattr(volops, name)) if each.method]
TESTING_METHODS = [each for cls in kit_classes() for each in members(cls) if each.method]


def called(member: Member) -> str:
    return f"{member.owner}.{member.name}".lstrip(".")


def test_the_page_is_what_the_interface_says_today() -> None:
    assert TARGET.read_text(encoding="utf-8") == reference(), "run scripts/plugin_reference.py"
    kit = TESTING_TARGET.read_text(encoding="utf-8")
    assert kit == kit_reference(), "run scripts/plugin_reference.py"


def test_every_public_name_is_on_it() -> None:
    described = {name for names in SECTIONS.values() for name in names}
    assert described | set(errors()) | set(ELSEWHERE) == set(volops.__all__)
    page = TARGET.read_text(encoding="utf-8")
    for name in ELSEWHERE:
        assert f"`@{name}`" in page or f"VOLOPS_{name}" in page


def test_every_public_name_of_the_kit_is_on_its_page() -> None:
    for module in (volops.testing, volops.testing.conformance):
        described = {name for known, names in TESTING.values() if known is module for name in names}
        assert described == set(module.__all__)


def test_every_check_of_a_type_is_in_the_table_that_explains_it() -> None:
    page = (TARGET.parent / "testing.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(?:test_|…)([a-z_]+)` \|", page, re.M)
    held = [each.replace(" ", "_").removeprefix("live_") for each in checks(VolumeTypeConformance)]
    assert sorted(told) == sorted(held)


def test_every_hook_that_is_called_is_specified() -> None:
    assert {hook.name for hook in hooks()} == set(HOOKS)


@pytest.mark.parametrize("member", [*hooks(), *METHODS, *TESTING_METHODS], ids=called)
def test_a_hook_or_method_has_a_contract_beside_its_exact_signature(member: Member) -> None:
    page = (TESTING_TARGET if member in TESTING_METHODS else TARGET).read_text(encoding="utf-8")
    owner = f"{member.owner}." if member.owner else ""
    assert member.text, f"{called(member)} has no docstring"
    assert f"`{owner}{member.signature}`\n\n{member.text}\n" in page


@pytest.mark.parametrize("name", public_classes())
def test_a_class_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(getattr(volops, name))
    assert name in TARGET.read_text(encoding="utf-8")


KIT = ("volops/testing/conformance/live.py", "volops/testing/conformance/trials.py")
STORES = ("volops/testing/store_conformance.py",)
ENGINES = (
    "volops/testing/engine_conformance.py",
    "volops/testing/engine_site.py",
    "volops/testing/helper_conformance.py",
)
WHERE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "VolumeType": ((*KIT, "volops/testing/conformance/unit.py"), ("volume_type", "volume_type()", "looking")),
    "FileTree": (("tests/live.py", "tests/test_file_tree.py", *KIT), ("PlainFiles()", "type", "volume_type")),
    "Source": (("tests/test_source.py",), ("source", "LiveSource()")),
    "Staging": (("tests/test_staging_area.py",), ("staging",)),
    "Shell": (("tests/test_mover.py", "tests/test_feed.py"), ("given", "shell")),
    "Output": (("tests/test_mover.py",), ("output", "run()")),
    "Stack": (("tests/test_compose.py", "tests/test_services.py"), ("stack", "app", "m", "state")),
    "Volume": (("tests/test_compose.py",), ("volume()", "found", "s")),
    "Store": (STORES, ("opening()", "store", "found")),
    "Upload": (STORES, ("upload",)),
    "Call": (("tests/data/plugins/chores/volops_chores.py",), ("call",)),
    "Printer": (("tests/cli/test_output.py",), ("output", "Output()")),
    "Engine": (ENGINES, ("engine",)),
    "Exec": (ENGINES, ("program",)),
    "EngineSite": (ENGINES, ("site",)),
    "ContainerInfo": (ENGINES, ("found",)),
    "FakeEngine": (("tests/test_engine_conformance.py",), ("fake",)),
    "Files": (("volops/testing/fake_programs.py",), ("files",)),
    "Sample": (("volops/testing/conformance/site.py",), ("sample",)),
    "Site": ((*KIT, "volops/testing/conformance/site.py", "tests/kit/test_kit.py"), ("site", "self")),
    "StoreConformance": (STORES, ("a fixture",)),
    "VolumeTypeConformance": (KIT, ("a fixture",)),
}
"""Of a public class, the tests that are about it, and what stands there for an object of it."""
DATABASE, TABLE = "tests/plugins/test_postgres_database.py", "tests/plugins/test_postgres_table.py"
COMES_BACK = "test_everything_comes_back_while_the_server_serves"
WAY_BACK = "test_the_way_back_stays_open_until_it_is_closed"
BESIDE = "test_a_table_comes_beside_the_live_one_with_its_rows_and_rights"
DISCOVERY, PLUGGED = "tests/plugin_discovery/test_discovery.py", "tests/cli/test_plugged.py"
THROUGH = {
    "volops_volume_types": (DISCOVERY, "test_a_plugin_is_found_with_its_types_and_hooks", "good"),
    "volops_event": (
        "tests/cli/test_observing.py",
        "test_a_restore_that_fails_half_way_has_an_end_and_so_has_its_volume",
        "told",
    ),
    "volops_stores": (PLUGGED, "test_backups_go_there_and_come_back", "shelf"),
    "volops_commands": (PLUGGED, "test_one_may_run_other_verbs_on_the_same_project", "chores"),
    "ConsoleType.console": (
        "tests/cli/test_db_shell.py",
        "test_it_is_the_services_own_user_and_database",
        "db_shell",
    ),
    "DumpType.dump_database": (
        "tests/plugins/test_postgres_dump.py",
        "test_a_database_dump_replaces_what_is_there",
        "dump_database",
    ),
    "DatabaseType.aim": (DATABASE, COMES_BACK, "put_back"),
    "DatabaseType.load_database": (DATABASE, COMES_BACK, "put_back"),
    "DatabaseType.exchange": (DATABASE, COMES_BACK, "put_back"),
    "DatabaseType.discard": (DATABASE, WAY_BACK, "let_go"),
    "DatabaseType.databases": (
        "tests/test_unfinished_database.py",
        "test_a_type_that_raises_what_it_should_not_is_blamed_and_the_journal_stays",
        "conclude_database",
    ),
    "DatabaseType.earlier": (DATABASE, WAY_BACK, "turn_back"),
    "TableType.aim_table": (TABLE, BESIDE, "table"),
    "TableType.copy_table": (TABLE, BESIDE, "table"),
    "VolumeType.regenerated_by": (
        "tests/operations/test_restore.py",
        "test_lost_static_files_that_are_not_in_the_backup_are_made_again",
        "regenerate",
    ),
}
"""What no test calls by itself: a test that has the core call it, and the word in it that does."""


@pytest.mark.parametrize("member", [*hooks(), *METHODS, *TESTING_METHODS], ids=called)
def test_a_hook_or_method_has_a_test(member: Member) -> None:
    if called(member) in THROUGH:
        file, test, word = THROUGH[called(member)]
        (node,) = [each for each in functions(file) if each.name == test]
        assert re.search(rf"\b{word}\b", ast.unparse(node)), f"{test} says nothing of {word}"
    else:
        files, receivers = WHERE[member.owner]
        found = {receiver for file in files for name, receiver in asked(file) if name == member.name}
        assert found & set(receivers), f"no test of {member.owner} asks for {member.name}"


def test_the_tables_name_nothing_that_is_not_there() -> None:
    known = {called(each) for each in [*hooks(), *METHODS, *TESTING_METHODS]}
    assert THROUGH.keys() <= known
    assert WHERE.keys() <= {each.owner for each in [*METHODS, *TESTING_METHODS]}


@cache
def functions(file: str) -> list[ast.FunctionDef]:
    """All functions of a file, methods included."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@cache
def asked(file: str) -> frozenset[tuple[str, str]]:
    """Which attribute is asked of what in the functions of a file: name or call, by its last word. What a
    function takes as an argument is asked of a fixture."""
    attributes = {
        (node.attr, receiver(node.value))
        for function in functions(file)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
    }
    fixtures = {(each.arg, "a fixture") for function in functions(file) for each in function.args.args}
    return frozenset(attributes | fixtures)


def receiver(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=function):
            return f"{receiver(function)}()"
        case _:
            return ""
