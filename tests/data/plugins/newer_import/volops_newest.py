"""A plugin for a volops that is yet to come, which imports what this one does not have."""

from volops import Hologram  # type: ignore[attr-defined]

VOLOPS_INTERFACE: int = 9

print(Hologram)  # noqa: T201
