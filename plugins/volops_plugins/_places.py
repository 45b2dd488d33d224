"""What the place of a mount says of the files in it: one answer for all types of files, so that no two of
them claim one volume, and none claims a database's."""

from __future__ import annotations

import enum
import re
from pathlib import PurePosixPath

from volops import Mount, Volume

_STATE = PurePosixPath("/var/lib")
"""Programs keep what they need there (Filesystem Hierarchy Standard, 5.8), sometimes in a folder `log`."""
_LOGS = PurePosixPath("/var/log")
_DATABASES = re.compile(
    r"postgres|postgis|timescale|pgvector|pgsql|pgdata|redis|valkey|keydb|dragonfly|memcached|mysql|mariadb"
    r"|percona|mongo|elasticsearch|opensearch|solr|cassandra|scylla|clickhouse|influx|couch|neo4j|cockroach"
    r"|kafka|zookeeper|redpanda|pulsar|bookkeeper|rabbitmq|etcd|loki|victoria"
)
_SERVERS = re.compile(r"(redis|valkey|keydb)-server")
_MEDIA = {"media", "mediafiles", "mediaroot", "upload", "uploads", "uploaded", "uploadedfiles"}
_MEDIA |= {"userfiles", "usercontent", "attachments", "avatars"}
_STATIC = {"static", "staticfiles", "staticroot", "publicassets"}


class Place(enum.Enum):
    """What a mount path stands for by convention."""

    MEDIA = enum.auto()
    STATIC = enum.auto()
    NODE_MODULES = enum.auto()
    LOGS = enum.auto()
    DATABASE = enum.auto()


def place_of(volume: Volume) -> Place | None:
    """What the volume is for, judged by the paths at which it is mounted; None when they do not say.

    Uploads are recognised by any of their mounts. What can be made again, or is left out of a backup, only
    when all who write to it agree: a volume that some service calls its data must not be taken for logs.
    """
    said = {_place(mount) for mount in volume.mounts}
    if Place.DATABASE in said:
        return None
    if Place.MEDIA in said:
        return Place.MEDIA
    places = {_place(mount) for mount in volume.mounts if not mount.read_only} or said
    return places.pop() if len(places) == 1 else None


def node_modules_mount(volume: Volume) -> Mount:
    """The mount at which packages are installed: one that can be written, if there is any."""
    return min(volume.mounts, key=lambda mount: (_place(mount) is not Place.NODE_MODULES, mount.read_only))


def _place(mount: Mount) -> Place | None:
    path = PurePosixPath(mount.target.lower())
    if _holds_database(mount, path):
        return Place.DATABASE
    words = re.split(r"[-_. ]+", path.name)
    last, joined = words[-1], "".join(words)
    if path.name == "node_modules":
        return Place.NODE_MODULES
    if last in _MEDIA or joined in _MEDIA:
        return Place.MEDIA
    if last in _STATIC or joined in _STATIC or path.parts[-2:] == ("public", "assets"):
        return Place.STATIC
    if path.is_relative_to(_LOGS) or (path.name in ("log", "logs") and not path.is_relative_to(_STATE)):
        return Place.LOGS
    return None


def _holds_database(mount: Mount, path: PurePosixPath) -> bool:
    """True when a server keeps records there, whatever the path is called (Kafka calls its records logs)."""
    declared = mount.service.environment.get("PGDATA") or ""
    if declared.startswith("/") and PurePosixPath(declared).is_relative_to(mount.target):
        return True
    if path.is_relative_to(_LOGS):
        return False
    image = mount.service.image.lower().rsplit("@", 1)[0].rsplit("/", 1)[-1].split(":", 1)[0]
    started = any(_SERVERS.search(word) for word in mount.service.command)
    return started or bool(_DATABASES.search(image) or _DATABASES.search(str(path)))
