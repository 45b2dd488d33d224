"""Each installed plugin works, or is broken for a reason that is told; none stops another."""

from __future__ import annotations

from importlib import metadata

import pytest

from tests.plugin_discovery.conftest import Install, state_of
from volops import INTERFACE
from volops.errors import PluginBroken
from volops.plugins import discover
from volops.plugins.interface import require_interface


def test_a_plugin_is_found_with_its_types_and_hooks(installed: Install) -> None:
    registry = installed("good")
    state = state_of(registry, "volops-mongo")
    assert (state.name, state.version, state.status, state.reason) == ("mongo", "1.2", "ok", "")
    assert state.interface == 1
    assert state.types == ("mongo",)
    assert state.hooks == ("volops_event", "volops_volume_types")
    assert registry.types["mongo"].origin == "plugin mongo of volops-mongo 1.2"


def test_the_cores_own_type_is_always_there(installed: Install) -> None:
    assert discover().types["files"].distribution == "volops"
    assert installed("import_fails", "hook_raises").types["files"].distribution == "volops"


@pytest.mark.parametrize(
    ("case", "distribution", "reason"),
    [
        (
            "import_fails",
            "volops-missing",
            "it cannot be imported: ImportError: libdocument.so.1 is not installed, say the authors",
        ),
        ("exits", "volops-exits", "it cannot be imported: SystemExit: 3"),
        (
            "no_module",
            "volops-gone",
            "it cannot be imported: ModuleNotFoundError: No module named 'volops_gone'",
        ),
        (
            "hook_misspelt",
            "volops-misspelt",
            "it has an unknown hook 'volops_volume_typs' (did it mean volops_volume_types?)",
        ),
        (
            "second_hook_misspelt",
            "volops-half",
            "it has an unknown hook 'volops_events' (did it mean volops_event?)",
        ),
        ("unmarked", "volops-unmarked", "its volops_volume_types is not marked with @hookimpl"),
        ("no_hooks", "volops-empty", "it has none of volops' hooks"),
        (
            "hook_raises",
            "volops-raises",
            "its volops_volume_types failed: RuntimeError: no licence key found",
        ),
        ("no_type", "volops-no-type", "dict is no subclass of VolumeType"),
        ("abstract_type", "volops-abstract", "Half lacks check, detect, dump, facts, found, load, plant"),
        ("column_missing", "volops-column", "Column lacks summary"),
        (
            "option_reserved",
            "volops-option-reserved",
            "Odd has an option 'quiesce', which says something else in x-volops",
        ),
        ("option_required", "volops-option-required", "option 'database' of Odd has no default"),
        ("role_unknown", "volops-role-unknown", "role of Odd is none of cache, logs"),
        ("no_stem", "volops-no-stem", "Odd lacks a stem for the names of its archives, such as odd"),
        (
            "takes_files",
            "volops-takes-files",
            "its volume type 'files' is also given by the core",
        ),
    ],
)
def test_a_broken_plugin_is_told_with_its_reason_and_stops_nothing(
    installed: Install, case: str, distribution: str, reason: str
) -> None:
    registry = installed(case, "good")
    broken = state_of(registry, distribution)
    assert (broken.status, broken.reason) == ("broken", reason)
    assert state_of(registry, "volops-mongo").status == "ok"
    assert registry.types["mongo"].distribution == "volops-mongo"
    assert not any(given.distribution == distribution for given in registry.types.values())


@pytest.mark.parametrize(
    ("case", "version"), [("newer_interface", 7), ("newer_object", 8), ("newer_import", 9)]
)
def test_a_plugin_for_another_interface_is_refused_with_both_versions(
    installed: Install, case: str, version: int
) -> None:
    registry = installed(case, "good")
    (refused,) = registry.broken
    assert refused.reason == (
        f"it was written for plugin interface {version}, and volops {metadata.version('volops')} has "
        f"{INTERFACE}: upgrade volops"
    )
    assert refused.opaque
    assert registry.types["mongo"].distribution == "volops-mongo"


def test_a_plugin_for_an_interface_that_is_gone_is_refused_with_both_versions() -> None:
    with pytest.raises(
        PluginBroken, match=rf"interface 0, and volops \S+ has {INTERFACE}: upgrade the plugin"
    ):
        require_interface(0)


def test_an_interface_is_a_number(installed: Install) -> None:
    broken = state_of(installed("interface_no_number"), "volops-wordy")
    assert broken.reason == "its VOLOPS_INTERFACE is 'one', and must be a number such as 1"
    assert broken.interface is None


def test_a_plugin_that_states_no_interface_is_taken_for_one_of_the_first(installed: Install) -> None:
    state = state_of(installed("observer_raises"), "volops-observer")
    assert (state.status, state.interface) == ("ok", 1)


def test_a_hook_with_wrong_arguments_names_the_argument(installed: Install) -> None:
    broken = state_of(installed("hook_arguments"), "volops-arguments")
    assert broken.status == "broken"
    assert "volops_volume_types" in broken.reason
    assert "engine" in broken.reason
    assert "\n" not in broken.reason


@pytest.mark.parametrize("case", ["malformed", "undecodable"])
def test_a_distribution_whose_entry_points_cannot_be_read_stops_nothing(
    installed: Install, case: str
) -> None:
    registry = installed(case, "good")
    broken = state_of(registry, f"volops-{case}")
    assert broken.reason.startswith("its entry points cannot be read: ")
    assert broken.opaque
    assert registry.types["mongo"].distribution == "volops-mongo"


def test_a_distribution_whose_metadata_cannot_be_read_stops_nothing(installed: Install) -> None:
    registry = installed("metadata_undecodable", "good")
    broken = state_of(registry, "volops-latin")
    assert (broken.version, broken.opaque) == ("1.0", True)
    assert broken.reason.startswith("its metadata cannot be read: UnicodeDecodeError: ")
    assert registry.types["mongo"].distribution == "volops-mongo"


def test_two_plugins_that_give_a_type_of_one_name_are_both_broken_and_name_each_other(
    installed: Install,
) -> None:
    registry = installed("good", "same_type")
    assert "mongo" not in registry.types
    first, second = state_of(registry, "volops-mongo"), state_of(registry, "other-mongo")
    assert first.reason == ("its volume type 'mongo' is also given by plugin mongo2 of other-mongo 0.3")
    assert second.reason == "its volume type 'mongo' is also given by plugin mongo of volops-mongo 1.2"
    assert {given.distribution for given in registry.withdrawn} == {"volops-mongo", "other-mongo"}


def test_a_broken_plugin_is_opaque_unless_it_told_its_types(installed: Install) -> None:
    registry = installed("import_fails", "second_hook_misspelt", "hook_misspelt")
    assert state_of(registry, "volops-missing").opaque
    assert state_of(registry, "volops-misspelt").opaque
    assert not state_of(registry, "volops-half").opaque
    assert [given.cls.name for given in registry.withdrawn] == ["half"]


def test_a_distribution_that_is_on_the_path_twice_counts_once(installed: Install) -> None:
    registry = installed("good", "good")
    assert state_of(registry, "volops-mongo").status == "ok"


def test_the_bundled_plugins_work() -> None:
    bundled = [plugin for plugin in discover().plugins if plugin.distribution == "volops"]
    assert {plugin.name: plugin.reason for plugin in bundled} == dict.fromkeys(
        ("logs", "media", "node_modules", "postgres", "redis", "static"), ""
    )
