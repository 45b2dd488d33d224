"""What a class must have to be used as a volume type, and what stores and commands must be."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from volops.config import VolumeSettings
from volops.errors import PluginBroken
from volops.file_tree import FileTree
from volops.isolation import isolated
from volops.model import Criticality, Quiesce
from volops.volume_type import VolumeType

_TEXTS = ("name", "summary", "typical_size", "backup_priority", "icon")
_LISTS = ("data_included", "guarantees")
_TYPE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_ROLES = ("", "cache", "logs")
_STEM = re.compile(r"[A-Za-z0-9_-]+")
_CORES_OWN = frozenset(field.name for field in dataclasses.fields(VolumeSettings)) - {"options"}
"""What `x-volops` says of a volume, whatever its type."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
"""RFC 3986, section 3.1, in lower case."""
_COMMAND_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
VERBS = frozenset(
    {
        "backup",
        "backup-db",
        "bundle",
        "clean",
        "clean-all",
        "clean-cache",
        "clean-containers",
        "clean-logs",
        "commit",
        "completion",
        "db-shell",
        "docker-plugin",
        "exec",
        "list",
        "logs",
        "plugin",
        "plugins",
        "rebuild",
        "restart",
        "restore",
        "rollback",
        "shell",
        "show",
        "start",
        "status",
        "stop",
        "verify",
        "volumes",
    }
)
"""The program's own, which no plugin may take."""


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
    if issubclass(given, FileTree) and not _STEM.fullmatch(str(getattr(given, "stem", ""))):
        raise PluginBroken(
            f"{_called(given)} lacks a stem for the names of its archives, such as {given.name}"
        )
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
    if given.role not in _ROLES:
        raise PluginBroken(f"role of {_called(given)} is none of {', '.join(filter(None, _ROLES))}")
    if not _TYPE_NAME.fullmatch(given.name):
        raise PluginBroken(f"{_called(given)} is named {given.name!r}: a name is like my_type-2")


def _check_options(given: type[VolumeType]) -> None:
    parameters = getattr(given.Options, "__dataclass_params__", None)
    if not getattr(parameters, "frozen", False):
        raise PluginBroken(f"Options of {_called(given)} is no frozen dataclass")
    fields = [field for field in dataclasses.fields(given.Options) if field.init]
    for field in fields:
        if field.name in _CORES_OWN:
            raise PluginBroken(
                f"{_called(given)} has an option {field.name!r}, which says something else in x-volops"
            )
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise PluginBroken(f"option {field.name!r} of {_called(given)} has no default")
    isolated(f"Options of {_called(given)} cannot be made of their defaults", given.Options)


def _called(given: Any) -> str:
    return given.__qualname__ if isinstance(given, type) else repr(given)[:80]


def check_stores(given: Any) -> dict[str, Callable[[str], Any]]:
    """Return `given` if it is what volops_stores must return; else raise PluginBroken."""
    if not isinstance(given, Mapping):
        raise PluginBroken(f"its volops_stores gives {_called(given)}, and no mapping")
    for scheme, opener in given.items():
        if not isinstance(scheme, str) or not _SCHEME.fullmatch(scheme):
            raise PluginBroken(f"it gives a store for {scheme!r}: a scheme is like s3")
        if not callable(opener):
            raise PluginBroken(f"what it gives to open {scheme!r} cannot be called")
    return dict(given)


def check_command(given: Any) -> Any:
    """Return `given` if it can be a command of volops; else raise PluginBroken."""
    name = getattr(given, "name", None)
    if not callable(getattr(given, "make_context", None)):
        raise PluginBroken(f"{_called(given)} is no click command")
    if not isinstance(name, str) or not _COMMAND_NAME.fullmatch(name):
        raise PluginBroken(f"it gives a command named {name!r}: a name is like my-command")
    if name in VERBS:
        raise PluginBroken(f"it gives a command {name!r}, which is one of volops' own")
    isolated(f"its command {name!r} cannot be described", given.get_short_help_str)
    return given
