"""Where the data of a volume is, when that is not the engine's own directory: there it outlives it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from volops.engine import VolumeInfo
from volops.model import Volume, VolumeKind

_BINDING = frozenset(("bind", "rbind"))
_IN_MEMORY = frozenset(("tmpfs", "ramfs"))


def host_path(volume: Volume, info: VolumeInfo | None) -> Path | None:
    """The path on the host that a bind mount is, or a volume whose options have the engine bind one
    (`driver_opts: {type: none, o: bind, device: /srv/data}`); None for all others.

    What the engine knows of an existing volume counts, not what the compose file says by now. A relative path
    begins wherever the engine was started.
    """
    if volume.kind is VolumeKind.BIND:
        return Path(volume.name)
    return _bound(info.driver, info.options) if info else _bound(volume.driver, volume.driver_options)


def outlives(info: VolumeInfo) -> str:
    """Where the data is that stays when the volume is removed, in words; empty when it goes with it.

    The engine's own driver mounts `device` when a container starts, and its removal of the volume only
    forgets that (moby, volume/local).
    """
    if bound := _bound(info.driver, info.options):
        return f"in {bound} of the host"
    kind, device = info.options.get("type", ""), info.options.get("device", "")
    if info.driver == "local" and device and kind not in _IN_MEMORY:
        return f"on {kind} {device}"
    return ""


def _bound(driver: str, options: Mapping[str, str]) -> Path | None:
    """With the flag `bind` the type is not looked at (mount(2), MS_BIND)."""
    binds = driver == "local" and not _BINDING.isdisjoint(options.get("o", "").split(","))
    return Path(options["device"]) if binds and options.get("device") else None
