"""The installed plugins, and which volume is of which of their types."""

from volops.isolation import isolated
from volops.plugins.assignment import Assignment, assign
from volops.plugins.discovery import discover
from volops.plugins.registry import PluginState, RegisteredType, Registry, blaming
from volops.plugins.stores import is_directory, open_store

__all__ = [
    "Assignment",
    "PluginState",
    "RegisteredType",
    "Registry",
    "assign",
    "blaming",
    "discover",
    "is_directory",
    "isolated",
    "open_store",
]
