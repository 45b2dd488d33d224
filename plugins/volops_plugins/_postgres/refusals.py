"""Why a backup cannot be restored into a service, said before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from volops import RestoreRefused, Staging, StoredArtifact
from volops_plugins._postgres.image import Image, data_directory, inspect

_SAME_IMAGE = "give the service the image that it had when the backup was made"


def look_ahead(staging: Staging, artifacts: Sequence[StoredArtifact]) -> None:
    """Raise RestoreRefused for what would make the restore fail; warn of what may make a difference."""
    facts = staging.facts
    _whole(staging, facts, artifacts)
    image = inspect(staging)
    data_directory(staging, image)
    _version(staging, image, facts["server"])
    _extensions(image, facts["databases"])
    _preloaded(image, str(facts["server"].get("preload", "")))
    _tablespaces(staging, facts["server"].get("tablespaces", {}))
    for name, database in facts["databases"].items():
        _collation(staging, image, name, database)


def _whole(staging: Staging, facts: Mapping[str, Any], artifacts: Sequence[StoredArtifact]) -> None:
    """Only a backup of a whole server can be made a volume again."""
    if not facts.get("databases") or "server" not in facts:
        raise RestoreRefused(
            f"the backup does not say what volume {staging.volume.key!r} held: nothing could be proven",
            next_step="load its SQL by hand with psql",
        )
    dumps = {each["artifact"] for each in facts["databases"].values()}
    if {artifact.name for artifact in artifacts} <= dumps:
        database, details = next(iter(facts["databases"].items()))
        raise RestoreRefused(
            f"this is a dump of database {database!r} alone, and a volume needs the whole server",
            next_step=f"volops restore {details['artifact']} {staging.volume.key}",
        )
    missing = dumps - {artifact.name for artifact in artifacts}
    if missing:
        raise RestoreRefused(f"the backup lacks {sorted(missing)[0]}", next_step="restore another backup")


def _version(staging: Staging, image: Image, server: Mapping[str, Any]) -> None:
    major = int(server["version_num"]) // 10000
    if image.major < major:
        raise RestoreRefused(
            f"the backup is of PostgreSQL {major}, and the image of the service has {image.version}: an "
            "older server cannot be relied on to read it",
            next_step=f"give the service an image of PostgreSQL {major} or newer",
        )
    if image.major > major:
        staging.warn(f"the backup is of PostgreSQL {major}, and comes into {image.version}: that is fine")


def _extensions(image: Image, databases: Mapping[str, Mapping[str, Any]]) -> None:
    if not image.extensions:
        return
    wanted = {extension for database in databases.values() for extension in database["extensions"]}
    if missing := sorted(wanted - image.extensions):
        raise RestoreRefused(
            f"the image of the service lacks extensions that the backup needs: {', '.join(missing)}",
            next_step=_SAME_IMAGE,
        )


def _preloaded(image: Image, setting: str) -> None:
    names = [PurePosixPath(each.strip().strip('"')).name.removesuffix(".so") for each in setting.split(",")]
    missing = [name for name in names if name and image.libraries and name not in image.libraries]
    if missing:
        raise RestoreRefused(
            f"the image of the service lacks libraries that the server loads: {', '.join(missing)}",
            next_step=_SAME_IMAGE,
        )


def _tablespaces(staging: Staging, places: Mapping[str, str]) -> None:
    for name, place in places.items():
        if not PurePosixPath(place).is_relative_to(staging.target):
            raise RestoreRefused(
                f"tablespace {name!r} is kept in {place}, which is not on volume {staging.volume.key!r}",
                next_step="load the SQL of the backup by hand with psql",
            )


def _collation(staging: Staging, image: Image, name: str, database: Mapping[str, Any]) -> None:
    if database.get("provider", "libc") != "libc":
        return
    for locale in {database["collate"], database["ctype"]}:
        if not image.knows_locale(locale):
            raise RestoreRefused(
                f"the image of the service has no locale {locale!r}, which database {name!r} needs",
                next_step=_SAME_IMAGE,
            )
    recorded = database.get("collation_version")
    if recorded and image.libc and recorded != image.libc:
        staging.warn(
            f"database {name!r} was sorted by version {recorded} of the C library's collations, and will be "
            f"by {image.libc}: its indexes are made anew, but text may sort otherwise"
        )
