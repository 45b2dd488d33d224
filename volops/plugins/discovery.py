"""Finding the plugins that are installed, one by one, so that a broken one cannot stop the others."""

from __future__ import annotations

import difflib
import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any

import pluggy

from volops import hookspecs
from volops.errors import PluginBroken
from volops.file_tree import PlainFiles
from volops.isolation import isolated
from volops.plugins.contract import check_command, check_stores, check_volume_type
from volops.plugins.entry_points import entry_points
from volops.plugins.interface import require_interface, stated, stated_in_source
from volops.plugins.registry import (
    Observer,
    PluginState,
    RegisteredCommand,
    RegisteredStore,
    RegisteredType,
    Registry,
)
from volops.volume_type import VolumeType

CORE = "volops"
HOOKS = ("volops_volume_types", "volops_event", "volops_stores", "volops_commands")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What came of one entry point."""

    state: PluginState
    types: tuple[RegisteredType, ...] = ()
    stores: Mapping[str, RegisteredStore] = field(default_factory=dict)
    commands: Mapping[str, RegisteredCommand] = field(default_factory=dict)
    observer: Observer | None = None


def discover(*, bundled: bool = True) -> Registry:
    """Load every installed plugin, or without the `bundled` ones those of others; those that cannot be used
    are in the result with the reason.

    The core's own type `files` is always there. Of a broken plugin nothing is used. Two plugins that give
    types, stores or commands of one name are both broken, since nothing tells which was meant.
    """
    found = [each for each in entry_points() if bundled or each[0].lower() != CORE]
    loaded = _without_repeated_names([_load(*each) for each in found])
    files = RegisteredType(PlainFiles, "core", CORE, metadata.version(CORE))
    types = {PlainFiles.name: files}
    withdrawn: list[RegisteredType] = []
    observers: dict[str, Observer] = {}
    stores: dict[str, RegisteredStore] = {}
    commands: dict[str, RegisteredCommand] = {}
    for plugin in loaded:
        if plugin.state.status == "broken":
            withdrawn += plugin.types
            continue
        types |= {given.cls.name: given for given in plugin.types}
        stores |= plugin.stores
        commands |= plugin.commands
        if plugin.observer:
            observers[plugin.state.origin.removeprefix("plugin ")] = plugin.observer
    states = tuple(plugin.state for plugin in loaded)
    return Registry(states, types, tuple(withdrawn), observers, stores, commands)


def _load(distribution: str, version: str, found: metadata.EntryPoint | str) -> _Loaded:
    name = distribution if isinstance(found, str) else found.name
    state = PluginState(name, distribution, version)
    if isinstance(found, str):
        return _Loaded(_broken(state, found, opaque=True))
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    opaque = True
    types: tuple[RegisteredType, ...] = ()
    try:
        plugin = _imported(found)
        state = replace(state, interface=stated(plugin, found.module))
        require_interface(state.interface)
        problem = _register(manager, plugin, name)
        classes = _classes(manager)
        opaque = not classes and bool(problem)
        types = tuple(RegisteredType(cls, name, distribution, version) for cls in classes)
        state = replace(state, types=tuple(cls.name for cls in classes), hooks=_hooks(manager, plugin))
        if problem:
            raise PluginBroken(problem)
        _require_hooks(plugin, state)
        stores, commands = _stores(manager, state.origin), _commands(manager, state.origin)
    except PluginBroken as error:
        return _Loaded(_broken(state, error.message, opaque=opaque), types)
    state = replace(state, stores=tuple(stores), commands=tuple(commands))
    observes = "volops_event" in state.hooks
    return _Loaded(state, types, stores, commands, _observer(manager) if observes else None)


def _imported(found: metadata.EntryPoint) -> Any:
    """What the entry point names. One that cannot be imported may have been written for another interface:
    that is the better reason, and is told when its source states it."""
    try:
        return isolated("it cannot be imported", found.load)
    except PluginBroken:
        require_interface(stated_in_source(found.module))
        raise


def _broken(state: PluginState, reason: str, *, opaque: bool = False) -> PluginState:
    return replace(state, status="broken", reason=reason, opaque=opaque)


def _register(manager: pluggy.PluginManager, plugin: Any, name: str) -> str:
    """Register the plugin's hooks and return what is wrong with them; empty when nothing is."""
    try:
        isolated("its hooks cannot be registered", manager.register, plugin, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        return _unknown_hook(str(error))
    except PluginBroken as error:
        return error.message
    return ""


def _unknown_hook(message: str) -> str:
    hook = message.partition("'")[2].partition("'")[0]
    meant = difflib.get_close_matches(hook, HOOKS, 1)
    return f"it has an unknown hook {hook!r}" + (f" (did it mean {meant[0]}?)" if meant else "")


def _hooks(manager: pluggy.PluginManager, plugin: Any) -> tuple[str, ...]:
    callers = manager.get_hookcallers(plugin) or []
    return tuple(sorted(caller.name for caller in callers))


def _require_hooks(plugin: Any, state: PluginState) -> None:
    if state.hooks:
        return
    unmarked = [hook for hook in HOOKS if hasattr(plugin, hook)]
    if unmarked:
        raise PluginBroken(f"its {unmarked[0]} is not marked with @hookimpl")
    raise PluginBroken("it has none of volops' hooks")


def _classes(manager: pluggy.PluginManager) -> list[type[VolumeType]]:
    """The plugin's volume types. Raises PluginBroken when a hook raises or gives what is no type."""
    given = isolated("its volops_volume_types failed", _called, manager)
    classes = [check_volume_type(each) for each in given]
    twice = [name for name, count in Counter(cls.name for cls in classes).items() if count > 1]
    if twice:
        raise PluginBroken(f"it gives two volume types named {twice[0]!r}")
    return classes


def _called(manager: pluggy.PluginManager) -> list[Any]:
    return [each for result in manager.hook.volops_volume_types() for each in result]


def _stores(manager: pluggy.PluginManager, origin: str) -> dict[str, RegisteredStore]:
    given = isolated("its volops_stores failed", manager.hook.volops_stores)
    return {
        scheme: RegisteredStore(opener, origin)
        for result in given
        for scheme, opener in check_stores(result).items()
    }


def _commands(manager: pluggy.PluginManager, origin: str) -> dict[str, RegisteredCommand]:
    given = isolated(
        "its volops_commands failed", lambda: [*itertools.chain(*manager.hook.volops_commands())]
    )
    found = [check_command(each) for each in given]
    twice = [name for name, count in Counter(each.name for each in found).items() if count > 1]
    if twice:
        raise PluginBroken(f"it gives two commands named {twice[0]!r}")
    return {each.name: RegisteredCommand(each, origin) for each in found}


def _observer(manager: pluggy.PluginManager) -> Observer:
    return lambda event: manager.hook.volops_event(event=event)


def _without_repeated_names(loaded: list[_Loaded]) -> list[_Loaded]:
    """The same, with all plugins broken that give a type, a store or a command of a name that others give, or
    the core."""
    givers: dict[tuple[str, str], list[str]] = {("volume type", PlainFiles.name): ["the core"]}
    for plugin in loaded:
        if plugin.state.status == "ok":
            for given in _names(plugin.state):
                givers.setdefault(given, []).append(plugin.state.origin)

    def checked(plugin: _Loaded) -> _Loaded:
        if plugin.state.status == "broken":
            return plugin
        for what, name in _names(plugin.state):
            others = [each for each in givers[what, name] if each != plugin.state.origin]
            if others:
                reason = f"its {what} {name!r} is also given by {' and '.join(others)}"
                return replace(plugin, state=_broken(plugin.state, reason), observer=None)
        return plugin

    return [checked(plugin) for plugin in loaded]


def _names(state: PluginState) -> list[tuple[str, str]]:
    given = {"volume type": state.types, "store": state.stores, "command": state.commands}
    return [(what, name) for what, names in given.items() for name in names]
