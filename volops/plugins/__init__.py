"""The installed plugins, and which volume is of which of their types."""

from volops.plugins.assignment import Assignment, assign
from volops.plugins.discovery import discover
from volops.plugins.registry import PluginState, RegisteredType, Registry, isolated

__all__ = ["Assignment", "PluginState", "RegisteredType", "Registry", "assign", "discover", "isolated"]
