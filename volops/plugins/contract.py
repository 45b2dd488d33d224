"""What a class must have to be used as a volume type."""

from __future__ import annotations

import inspect
import re
from typing import Any

from volops.errors import PluginBroken
from volops.model import Criticality, Quiesce
from volops.plugins.registry import isolated
from volops.volume_type import VolumeType

_TEXTS = ("name", "summary", "typical_size", "backup_priority", "icon")
_LISTS = ("data_included", "guarantees")
_TYPE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def check_volume_type(given: Any) -> type[VolumeType]:
    """Return `given` if it is a class that can be used as a volume type; else raise PluginBroken."""
    if not (isinstance(given, type) and issubclass(given, VolumeType)):
        raise PluginBroken(f"{_called(given)} is no subclass of VolumeType")
    if inspect.isabstract(given):
        raise PluginBroken(f"{_called(given)} lacks {', '.join(sorted(given.__abstractmethods__))}")
    for attribute in (*_TEXTS, *_LISTS, "criticality"):
        if not hasattr(given, attribute):
            raise PluginBroken(f"{_called(given)} lacks {attribute}")
    _check_columns(given)
    _check_options(given)
    isolated(f"{_called(given)} cannot be made without arguments", given)
    return given


def _check_columns(given: type[VolumeType]) -> None:
    for attribute in _TEXTS:
        if not isinstance(getattr(given, attribute), str):
            raise PluginBroken(f"{attribute} of {_called(given)} is no text")
    for attribute in _LISTS:
        value: object = getattr(given, attribute)
        if not isinstance(value, tuple) or not all(isinstance(line, str) for line in value):
            raise PluginBroken(f"{attribute} of {_called(given)} is no tuple of texts")
    if not isinstance(given.criticality, Criticality):
        raise PluginBroken(f"criticality of {_called(given)} is no Criticality")
    if not isinstance(given.quiesce, Quiesce):
        raise PluginBroken(f"quiesce of {_called(given)} is no Quiesce")
    if not _TYPE_NAME.fullmatch(given.name):
        raise PluginBroken(f"{_called(given)} is named {given.name!r}: a name is like my_type-2")


def _check_options(given: type[VolumeType]) -> None:
    parameters = getattr(given.Options, "__dataclass_params__", None)
    if not getattr(parameters, "frozen", False):
        raise PluginBroken(f"Options of {_called(given)} is no frozen dataclass")


def _called(given: Any) -> str:
    return given.__qualname__ if isinstance(given, type) else repr(given)[:80]
