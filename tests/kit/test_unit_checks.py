"""Each check of the kit that needs no engine fails for a type that breaks what it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from volops_plugins.media import Media

from tests.plugins.samples import Uploads
from volops import Removal, Source, Volume, VolumeType
from volops.plugins import Registry, discover
from volops.testing.conformance import VolumeTypeConformance

SAMPLE = Uploads()
CHECKS = VolumeTypeConformance()
PLUGINS = Path(__file__).parents[1] / "data" / "plugins"


class Reading(Media):
    def detect(self, volume: Volume) -> bool:
        return bool(Path("/etc/hostname").read_text()) and super().detect(volume)


class Greedy(Media):
    def detect(self, volume: Volume) -> bool:
        del volume
        return True


class Blind(Media):
    def detect(self, volume: Volume) -> bool:
        del volume
        return False


class Wordless(Media):
    typical_size = " "


class Sweeping(Media):
    def clean(self, source: Source) -> Iterable[Removal]:
        source.writable_tree().run("rm", "-f", "/volume/link")
        return super().clean(source)


class Fickle(Media):
    asked: ClassVar[list[str]] = []

    def clean(self, source: Source) -> Iterable[Removal]:
        self.asked.append(source.stamp)
        return [Removal(f"all data, plan {len(self.asked)}")]


class Demanding(Media):
    def clean(self, source: Source) -> Iterable[Removal]:
        source.service()
        return super().clean(source)


@dataclass
class Loose:
    jobs: int = 1


class Thawed(Media):
    Options: ClassVar[type[Any]] = Loose


@dataclass(frozen=True)
class TakesIt:
    no_such_option_of_any_type: int = 0


class Gullible(Media):
    Options: ClassVar[type[Any]] = TakesIt


def with_media(cls: type[VolumeType]) -> Registry:
    """What is installed, as if the type of uploads were another."""
    registry = discover()
    return Registry(registry.plugins, {**registry.types, "media": replace(registry.types["media"], cls=cls)})


def test_a_type_that_no_plugin_gives() -> None:
    with pytest.raises(AssertionError):
        CHECKS.test_an_installed_plugin_gives_it(discover().types["media"], Greedy)


def test_a_type_whose_name_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    CHECKS.test_its_plugin_works_and_no_other_has_its_name(Media)
    monkeypatch.syspath_prepend(PLUGINS / "repeats_media")
    with pytest.raises(AssertionError, match="is also given by"):
        CHECKS.test_its_plugin_works_and_no_other_has_its_name(Media)


def test_a_plugin_that_states_no_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PLUGINS / "with_options")
    with pytest.raises(AssertionError, match="say VOLOPS_INTERFACE = "):
        CHECKS.test_its_plugin_states_the_interface_it_was_written_for(discover().types["tunable"])


def test_a_type_with_an_empty_column() -> None:
    with pytest.raises(AssertionError, match="typical_size"):
        CHECKS.test_every_column_of_the_inventory_says_something(Wordless)


def test_a_type_that_does_not_know_its_own_volume() -> None:
    with pytest.raises(AssertionError):
        CHECKS.test_it_recognises_its_sample(Blind, SAMPLE)


def test_a_type_that_claims_everything() -> None:
    with pytest.raises(AssertionError):
        CHECKS.test_it_recognises_nothing_that_it_cannot_know(Greedy)
    with pytest.raises(AssertionError, match="postgres"):
        CHECKS.test_it_claims_no_volume_of_a_bundled_type(Greedy)


def test_a_type_that_reads_files_to_recognise_a_volume() -> None:
    with pytest.raises(AssertionError, match="open"):
        CHECKS.test_looking_at_a_volume_does_nothing_else(Reading, SAMPLE)


def test_a_type_that_takes_any_option(monkeypatch: pytest.MonkeyPatch) -> None:
    CHECKS.test_an_unknown_option_is_refused_with_its_path(Media, SAMPLE)
    monkeypatch.setattr("volops.testing.conformance.unit.discover", lambda: with_media(Gullible))
    with pytest.raises(AssertionError):
        CHECKS.test_an_unknown_option_is_refused_with_its_path(Gullible, SAMPLE)


def test_a_type_whose_options_can_be_changed() -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        CHECKS.test_its_options_are_frozen_and_all_have_defaults(Thawed, SAMPLE)


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (Sweeping, "a place that it can write to"),
        (Fickle, "plan 1"),
        (Demanding, "is not running|service 'keeper'"),
    ],
)
def test_a_type_whose_plan_of_cleaning_does_more_than_look(cls: type[Media], said: str) -> None:
    CHECKS.test_its_plan_of_cleaning_only_looks(Media, SAMPLE)
    with pytest.raises(Exception, match=said):
        CHECKS.test_its_plan_of_cleaning_only_looks(cls, SAMPLE)
