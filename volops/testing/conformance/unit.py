"""The checks of a volume type that need no engine."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata

import pytest

from volops.config import VolumeSettings
from volops.errors import ConfigInvalid, PluginBroken, ServiceNotRunning
from volops.hookspecs import INTERFACE
from volops.isolation import isolated
from volops.model import Mount, Service, Volume
from volops.plugins import Assignment, PluginState, RegisteredType, assign, discover
from volops.plugins.contract import check_volume_type
from volops.plugins.interface import STATEMENT
from volops.removal import Removal
from volops.testing.conformance.memory import FILES, Looked, looking
from volops.testing.conformance.overriding import Checks
from volops.testing.conformance.sample import KEY, Sample, volume_of
from volops.volume_access import Source
from volops.volume_type import VolumeType

_NO_SUCH = "no_such_option_of_any_type"
_KNOWN_PLACES = {
    "postgres": ("postgres:17", "/var/lib/postgresql/data"),
    "redis": ("redis:8", "/data"),
    "media": ("app", "/app/media"),
    "static": ("app", "/app/staticfiles"),
    "node_modules": ("node:22", "/app/node_modules"),
    "logs": ("nginx", "/var/log/nginx"),
}
"""Volumes of which the bundled types are sure: image and mount path."""
_DEEDS = ("open", "os.", "subprocess.", "socket.", "shutil.", "sqlite3.", "urllib.", "ctypes.")
"""Audit events (Python, "Audit events table") of what does not belong into a look at names."""


class UnitChecks(Checks):
    """The part of VolumeTypeConformance that needs no engine."""

    @pytest.fixture
    def registered(self, volume_type: type[VolumeType]) -> RegisteredType:
        """The type as volops finds it."""
        found = discover().types.get(volume_type.name)
        assert found is not None, f"no plugin that is installed gives {volume_type.name!r}: {_told()}"
        return found

    def test_an_installed_plugin_gives_it(
        self, registered: RegisteredType, volume_type: type[VolumeType]
    ) -> None:
        assert registered.cls is volume_type

    def test_its_plugin_works_and_no_other_has_its_name(self, volume_type: type[VolumeType]) -> None:
        givers = [plugin for plugin in discover().plugins if volume_type.name in plugin.types]
        assert [plugin.reason for plugin in givers if plugin.status == "broken"] == []
        assert len(givers) == 1

    def test_its_plugin_states_the_interface_it_was_written_for(self, registered: RegisteredType) -> None:
        state = _state(registered)
        assert state.interface is not None
        assert state.interface <= INTERFACE
        plugins = metadata.distribution(registered.distribution).entry_points.select(group="volops")
        found = plugins[registered.plugin]
        places = (found.load(), importlib.import_module(found.module))
        stated = any(hasattr(place, STATEMENT) for place in places)
        assert stated, f"say {STATEMENT} = {INTERFACE} in the module of the entry point"

    def test_every_column_of_the_inventory_says_something(self, volume_type: type[VolumeType]) -> None:
        check_volume_type(volume_type)
        for column in ("summary", "typical_size", "backup_priority", "icon", "service_noun", "proof"):
            assert getattr(volume_type, column).strip(), column
        assert volume_type.data_included
        assert all(line.strip() for line in (*volume_type.data_included, *volume_type.guarantees))

    def test_it_recognises_its_sample(self, volume_type: type[VolumeType], sample: Sample) -> None:
        assert volume_type().detect(volume_of(sample)) is True

    def test_it_recognises_nothing_that_it_cannot_know(self, volume_type: type[VolumeType]) -> None:
        assert not volume_type().detect(Volume("alone", "alone"))
        assert not volume_type().detect(_at("unheard/of:1", "/somewhere/else"))

    def test_it_claims_no_volume_of_a_bundled_type(self, volume_type: type[VolumeType]) -> None:
        others = {name: place for name, place in _KNOWN_PLACES.items() if name != volume_type.name}
        assert [name for name, place in others.items() if volume_type().detect(_at(*place))] == []

    def test_looking_at_a_volume_does_nothing_else(
        self, volume_type: type[VolumeType], sample: Sample
    ) -> None:
        looking, volume = volume_type(), volume_of(sample)
        # What is imported for the first time is read from a file.
        first = looking.detect(volume)
        with _watched() as deeds:
            again = looking.detect(volume)
        assert deeds == []
        assert again is first

    def test_an_unknown_option_is_refused_with_its_path(
        self, volume_type: type[VolumeType], sample: Sample
    ) -> None:
        settings = VolumeSettings(type=volume_type.name, options={**sample.options, _NO_SUCH: 1})
        problem = assign(volume_of(sample), settings, discover()).problem
        assert isinstance(problem, ConfigInvalid)
        assert f"x-volops.volumes.{KEY}.{_NO_SUCH}" in problem.message

    def test_its_options_are_frozen_and_all_have_defaults(
        self, volume_type: type[VolumeType], sample: Sample
    ) -> None:
        options = volume_type.Options()
        for field in dataclasses.fields(options):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(options, field.name, None)
        assert _assigned(volume_type, sample).problem is None

    def test_its_plan_of_cleaning_only_looks(self, volume_type: type[VolumeType], sample: Sample) -> None:
        engine, options = Looked(sample), _assigned(volume_type, sample).options
        plans = []
        for _ in range(2):
            with looking(engine, sample, volume_type(), options) as source:
                plans.append(_planned(volume_type(), source))
        assert engine.written == [], "clean asks for a place that it can write to"
        assert engine.files == FILES
        assert plans[0] == plans[1]


def _planned(volume_type: VolumeType, source: Source) -> tuple[Removal, ...] | str:
    """What goes; or, where the type needs to be told more than an engine in memory knows, the error."""
    try:
        plan = isolated("clean", lambda: tuple(volume_type.clean(source)))
    except PluginBroken as error:
        if isinstance(error.__cause__, ServiceNotRunning):
            # Cleaning is for volumes whose service does not run, too.
            raise
        return error.message
    assert all(isinstance(each, Removal) for each in plan)
    return plan


def _assigned(volume_type: type[VolumeType], sample: Sample) -> Assignment:
    settings = VolumeSettings(type=volume_type.name, options=dict(sample.options))
    return assign(volume_of(sample), settings, discover())


def _at(image: str, target: str) -> Volume:
    return Volume("some", "app_some", mounts=(Mount(Service("app", image), target),))


def _state(registered: RegisteredType) -> PluginState:
    wanted = (registered.plugin, registered.distribution)
    (found,) = [each for each in discover().plugins if (each.name, each.distribution) == wanted]
    return found


def _told() -> str:
    """Why types are missing, as far as volops knows."""
    broken = [f"{plugin.origin} is broken: {plugin.reason}" for plugin in discover().broken]
    return "; ".join(broken) or "is its distribution installed (pip install --editable .)?"


class _Watch:
    """Writes down what Python's audit hooks tell; a hook stays for ever, so there is one."""

    def __init__(self) -> None:
        self.deeds: list[str] | None = None
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: object) -> None:
        del arguments
        if self.deeds is not None and event.startswith(_DEEDS):
            self.deeds.append(event)


_WATCHES: list[_Watch] = []


@contextmanager
def _watched() -> Iterator[list[str]]:
    """What is done meanwhile beyond computing."""
    if not _WATCHES:
        _WATCHES.append(_Watch())
    (watch,) = _WATCHES
    deeds: list[str] = []
    watch.deeds = deeds
    try:
        yield deeds
    finally:
        watch.deeds = None
