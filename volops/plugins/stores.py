"""Opening the store that a location names: a directory, or what a plugin gives for its scheme."""

from __future__ import annotations

from pathlib import Path

from volops.errors import ConfigInvalid, VolopsError
from volops.isolation import isolated
from volops.plugins.guarded_store import GuardedStore
from volops.plugins.registry import Registry
from volops.store import LocalStore, Store

_SEPARATOR = "://"


def is_directory(location: str) -> bool:
    """Whether a location is a path of this machine, and no plugin's business."""
    return _SEPARATOR not in location


def open_store(registry: Registry, location: str) -> Store:
    """The store there. Raises ConfigInvalid when no plugin has its scheme, VolopsError when the plugin's own
    cannot be opened. What that raises later, and should not, is a StoreUnavailable that names the plugin."""
    if is_directory(location):
        return LocalStore(Path(location))
    scheme = location.partition(_SEPARATOR)[0].lower()
    found = registry.stores.get(scheme)
    if found is None:
        known = ", ".join(sorted(registry.stores))
        raise ConfigInvalid(
            f"no plugin has a store for {scheme}://",
            next_step=f"those that are there have: {known}" if known else "see `volops plugins`, install one",
        )

    def opened() -> Store | VolopsError:
        try:
            return found.open(location)
        except VolopsError as error:
            return error

    result = isolated(f"{found.origin} cannot open {location}", opened)
    if isinstance(result, VolopsError):
        raise result
    return GuardedStore(result, found.origin)
