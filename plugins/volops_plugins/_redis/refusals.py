"""Why a backup cannot be restored into a service, said before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence

from volops import RestoreRefused, Staging, StoredArtifact
from volops_plugins._redis.image import format_version, inspect, layout, version_parts


def look_ahead(staging: Staging, artifacts: Sequence[StoredArtifact]) -> None:
    """Raise RestoreRefused for what would make the restore fail; warn of what may make a difference."""
    recorded = staging.facts.get("server")
    if len(artifacts) != 1 or recorded is None:
        raise RestoreRefused(
            f"the backup of volume {staging.volume.key!r} is not one of a Redis server",
            next_step="restore another backup, see `volops list`",
        )
    image = inspect(staging)
    layout(staging)
    family, version = str(recorded.get("family", image.family)), str(recorded["version"])
    if family == image.family and image.parts >= version_parts(version):
        if image.parts > version_parts(version):
            staging.warn(f"the backup is of {family} {version}, and comes into {image.version}: that is fine")
        return
    written, readable = format_version(family, version), format_version(image.family, image.version)
    if written is None or readable is None or written > readable:
        raise RestoreRefused(
            f"the backup is of {family} {version}, and the image of the service has {image.family} "
            f"{image.version}, which cannot read its files",
            next_step=f"give the service an image of {family} {version} or newer",
        )
