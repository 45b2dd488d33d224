"""Stores and commands of plugins: what is used, what makes a plugin broken, and that it is said."""

from __future__ import annotations

import pytest

from tests.plugin_discovery.conftest import Install, state_of
from volops.cli.root import _ENTRIES
from volops.errors import ConfigInvalid, PluginBroken
from volops.plugins import open_store
from volops.plugins.contract import VERBS
from volops.store import LocalStore


def test_stores_and_commands_are_told_with_their_plugin(installed: Install) -> None:
    registry = installed("shelf", "chores")
    assert state_of(registry, "volops-shelf").stores == ("shelf",)
    assert state_of(registry, "volops-chores").commands == ("tally", "chores")
    assert registry.stores["shelf"].origin == "plugin shelf of volops-shelf 1.0"
    assert registry.commands["tally"].origin == "plugin chores of volops-chores 1.0"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("command_own", "it gives a command 'restore', which is one of volops' own"),
        ("command_none", "'tidy' is no click command"),
        ("command_raises", "its volops_commands failed: LookupError: no chores today"),
        (
            "command_indescribable",
            "its command 'riddle' cannot be described: LookupError: no words, let alone 45",
        ),
        ("store_scheme", "it gives a store for 'S3 of mine': a scheme is like s3"),
        ("store_list", "its volops_stores gives ['s3'], and no mapping"),
    ],
)
def test_what_cannot_be_used_makes_the_plugin_broken(case: str, said: str, installed: Install) -> None:
    registry = installed(case, "shelf")
    state = state_of(registry, f"volops-{case.replace('_', '-')}")
    assert (state.status, state.reason) == ("broken", said)
    assert (set(registry.stores), registry.commands) == ({"shelf"}, {})


def test_two_plugins_with_one_command_are_both_broken(installed: Install) -> None:
    registry = installed("command_same", "chores")
    assert state_of(registry, "volops-chores").reason == (
        "its command 'tally' is also given by plugin command_same of volops-command-same 1.0"
    )
    assert "also given by plugin chores" in state_of(registry, "volops-command-same").reason
    assert registry.commands == {}


def test_the_verbs_that_no_plugin_may_take_are_all_there_are() -> None:
    assert set(_ENTRIES) == VERBS


def test_a_path_is_a_directory_whatever_is_installed(installed: Install) -> None:
    store = open_store(installed("shelf"), "/somewhere/backups")
    assert isinstance(store, LocalStore)


def test_a_scheme_that_no_plugin_has_is_refused_with_those_that_are_there(installed: Install) -> None:
    with pytest.raises(ConfigInvalid, match="no plugin has a store for ftp://") as refused:
        open_store(installed("shelf"), "ftp://example/backups")
    assert refused.value.next_step == "those that are there have: shelf"


def test_an_opener_that_raises_is_named(installed: Install) -> None:
    with pytest.raises(PluginBroken) as broken:
        open_store(installed("store_raises"), "far://away")
    assert broken.value.message == (
        "plugin store_raises of volops-store-raises 1.0 cannot open far://away: "
        "ConnectionError: nobody answers at far://away"
    )
