"""What a run of the features leaves on the engine when the processes that made it could not clean up."""

from __future__ import annotations

from collections.abc import Sequence

from features.world import engine
from features.world.engine import docker


def remove(prefix: str) -> None:
    """Take away every container, network, volume and image whose name or tag begins with `prefix`, and the
    helpers of volops that use one of those volumes."""
    own = [one.id for one in engine.containers() if one.name.startswith(prefix)]
    helpers = [
        helper.id
        for helper in engine.containers(f"label={engine.HELPERS}")
        if any(source.startswith(prefix) for source in helper.sources)
    ]
    _each("rm --force --volumes", [*own, *helpers])
    _each("network rm", _named("network ls --format {{.Name}}", prefix))
    _each("volume rm --force", _named("volume ls --quiet", prefix))
    images = docker("images", "--format", "{{.Repository}}:{{.Tag}}").decode().split()
    _each(
        "rmi --force", [name for name in images if any(part.startswith(prefix) for part in name.split(":"))]
    )


def _named(listing: str, prefix: str) -> list[str]:
    return [name for name in docker(*listing.split()).decode().split() if name.startswith(prefix)]


def _each(command: str, names: Sequence[str]) -> None:
    if names:
        docker(*command.split(), *names)
