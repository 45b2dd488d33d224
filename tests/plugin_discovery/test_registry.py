"""Observers are told of events, and cannot harm a run."""

from __future__ import annotations

import importlib

from tests.plugin_discovery.conftest import Install
from volops.events import Progress, Warned

EVENT = Progress("db", 1)


def test_every_observer_is_told(installed: Install) -> None:
    registry = installed("good")
    assert registry.emit(EVENT) == ()
    assert importlib.import_module("volops_mongo").seen == [EVENT]


def test_an_observer_that_raises_is_a_warning_once_and_the_others_are_still_told(
    installed: Install,
) -> None:
    registry = installed("observer_raises", "good")
    assert registry.emit(EVENT) == (
        "plugin observer of volops-observer 1.0 failed to observe: "
        "ConnectionError: the chat server refused Progress; it is told nothing more in this run",
    )
    assert registry.emit(Warned("db", "odd")) == ()
    assert importlib.import_module("volops_observer").calls == 1
    assert importlib.import_module("volops_mongo").seen == [EVENT, Warned("db", "odd")]


def test_a_broken_plugin_does_not_observe(installed: Install) -> None:
    registry = installed("same_type", "good")
    assert registry.emit(EVENT) == ()
    assert importlib.import_module("volops_mongo").seen == []
