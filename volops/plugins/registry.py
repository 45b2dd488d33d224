"""What the plugins gave: volume types by name, observers, and the state of each plugin."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from volops.errors import PluginBroken, VolopsError
from volops.isolation import isolated
from volops.model import Event
from volops.volume_type import VolumeType

if TYPE_CHECKING:
    from volops.store import Store

Observer = Callable[[Event], object]


@dataclass(frozen=True, slots=True)
class RegisteredType:
    """A volume type, and which plugin of which distribution gave it."""

    cls: type[VolumeType]
    plugin: str
    distribution: str
    version: str

    @property
    def origin(self) -> str:
        """The plugin, for people."""
        return f"plugin {self.plugin} of {self.distribution} {self.version}"


@dataclass(frozen=True, slots=True)
class RegisteredStore:
    """What opens the stores of one scheme, and which plugin gave it."""

    open: Callable[[str], Store]
    origin: str


@dataclass(frozen=True, slots=True)
class RegisteredCommand:
    """A click command, and which plugin gave it."""

    command: Any
    origin: str


@dataclass(frozen=True, slots=True)
class PluginState:
    """One entry point of the group `volops`, and whether it can be used; `reason` says why not.

    `opaque` is true for a broken one that did not come so far as to tell its volume types. `interface` is the
    version of the plugin interface that it was written for, None where that could not be read.
    """

    name: str
    distribution: str
    version: str
    types: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    status: Literal["ok", "broken"] = "ok"
    reason: str = ""
    opaque: bool = False
    interface: int | None = None

    @property
    def origin(self) -> str:
        """The plugin, for people."""
        return f"plugin {self.name} of {self.distribution} {self.version}"


class Registry:
    """`types` are those that can be used. `withdrawn` are the types of broken plugins, as far as known.
    `stores` are by scheme, `commands` by name."""

    def __init__(
        self,
        plugins: tuple[PluginState, ...],
        types: Mapping[str, RegisteredType],
        withdrawn: tuple[RegisteredType, ...] = (),
        observers: Mapping[str, Observer] | None = None,
        stores: Mapping[str, RegisteredStore] | None = None,
        commands: Mapping[str, RegisteredCommand] | None = None,
    ) -> None:
        self.plugins = plugins
        self.types = types
        self.withdrawn = withdrawn
        self.stores = dict(stores or {})
        self.commands = dict(commands or {})
        self._observers = dict(observers or {})

    @property
    def broken(self) -> tuple[PluginState, ...]:
        """The plugins that cannot be used."""
        return tuple(plugin for plugin in self.plugins if plugin.status == "broken")

    def emit(self, event: Event) -> tuple[str, ...]:
        """Tell every observer of the event, and return a warning for each that raised.

        One that raised is told nothing more in this process: there would be a warning for each event.
        """
        warnings = []
        for name, observer in list(self._observers.items()):
            try:
                isolated(f"plugin {name} failed to observe", observer, event)
            except VolopsError as error:
                del self._observers[name]
                warnings.append(f"{error.message}; it is told nothing more in this run")
        return tuple(warnings)


@contextlib.contextmanager
def blaming(registered: RegisteredType) -> Iterator[None]:
    """Let a plugin's type work. It may raise anything, and may want to end the process: what is neither a
    VolopsError nor an interrupt becomes PluginBroken, which names the plugin."""
    try:
        yield
    except VolopsError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginBroken(
            f"plugin {registered.plugin} ({registered.distribution} {registered.version}) raised "
            f"{type(error).__name__}: {error}"
        ) from error
