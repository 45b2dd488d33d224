"""The entry points of the group `volops`, read so that nothing that is installed can hide those of others."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from volops.errors import PluginBroken
from volops.isolation import isolated

GROUP = "volops"


def entry_points() -> Iterator[tuple[str, str, metadata.EntryPoint | str]]:
    """Distribution, version and entry point of every plugin, or the reason why there is none.

    Not metadata.entry_points(): a malformed file in any distribution ends that for all of them.
    """
    seen: set[str] = set()
    for distribution in metadata.distributions():
        found: metadata.EntryPoints | str
        try:
            found = isolated("its entry points cannot be read", _of_group, distribution)
        except PluginBroken as error:
            found = error.message
        if not found:
            continue
        try:
            name, version = isolated("its metadata cannot be read", _name_and_version, distribution)
        except PluginBroken as error:
            (name, version), found = _called_by_its_directory(distribution), error.message
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        for each in [found] if isinstance(found, str) else found:
            yield name, version, each


def _of_group(distribution: metadata.Distribution) -> metadata.EntryPoints:
    # Parsing all entry points of all distributions would take longer than everything else here.
    if f"[{GROUP}]" not in (distribution.read_text("entry_points.txt") or ""):
        return metadata.EntryPoints()
    return distribution.entry_points.select(group=GROUP)


def _name_and_version(distribution: metadata.Distribution) -> tuple[str, str]:
    told = distribution.metadata
    return told["Name"] or "a distribution without a name", told["Version"] or "of unknown version"


def _called_by_its_directory(distribution: metadata.Distribution) -> tuple[str, str]:
    """Name and version as NAME-VERSION.dist-info has them (Binary distribution format, "File contents")."""
    path = str(getattr(distribution, "_path", "")).rstrip("/")
    name, _, version = path.rpartition("/")[2].rpartition(".")[0].partition("-")
    return name.replace("_", "-") or "a distribution without a name", version or "of unknown version"
