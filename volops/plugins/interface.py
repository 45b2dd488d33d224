"""For which version of the plugin interface a plugin was written, and whether this volops has it."""

from __future__ import annotations

import ast
import importlib.util
import sys
from importlib import metadata
from typing import Any

from volops.errors import PluginBroken
from volops.hookspecs import INTERFACE
from volops.isolation import isolated

STATEMENT = "VOLOPS_INTERFACE"
_OLDEST = 1
"""The oldest version whose plugins still work; also what a plugin is taken for that states none."""


def stated(plugin: Any, module: str) -> int:
    """The version that the imported plugin states, or the module that it is in, if it is an object in one.
    Raises PluginBroken when that is no version."""
    around = getattr(sys.modules.get(module), STATEMENT, _OLDEST)
    return _version(getattr(plugin, STATEMENT, around))


def stated_in_source(module: str) -> int | None:
    """The version that a module states which cannot be imported; None when its source does not tell."""
    try:
        body = isolated("its source cannot be read", _statements, module)
    except PluginBroken:
        return None
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        named = any(isinstance(target, ast.Name) and target.id == STATEMENT for target in targets)
        if named and isinstance(value := getattr(node, "value", None), ast.Constant):
            return _version(value.value)
    return None


def _statements(module: str) -> list[ast.stmt]:
    loader: Any = getattr(importlib.util.find_spec(module), "loader", None)
    source = loader.get_source(module) if loader else None
    return ast.parse(source or "").body


def require_interface(version: int | None) -> None:
    """Raise PluginBroken, with both versions, unless this volops has that interface; None is unknown."""
    if version is None or _OLDEST <= version <= INTERFACE:
        return
    have = f"{INTERFACE}" if _OLDEST == INTERFACE else f"{_OLDEST} to {INTERFACE}"
    older = "the plugin" if version < _OLDEST else "volops"
    raise PluginBroken(
        f"it was written for plugin interface {version}, and volops {metadata.version('volops')} has {have}: "
        f"upgrade {older}"
    )


def _version(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise PluginBroken(f"its {STATEMENT} is {value!r}, and must be a number such as {INTERFACE}")
    return value
