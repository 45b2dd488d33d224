"""Redis volumes (Valkey and KeyDB too): one RDB file that the server saves while it serves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar

from volops import (
    Artifact,
    ArtifactCorrupt,
    Criticality,
    Mount,
    ProducerFailed,
    Removal,
    Source,
    Staging,
    StoredArtifact,
    VolopsError,
    Volume,
    VolumeType,
    hookimpl,
)
from volops_plugins._redis.passwords import known
from volops_plugins._redis.refusals import look_ahead
from volops_plugins._redis.restoring import Restoring
from volops_plugins._redis.server import Options, keys_in
from volops_plugins._redis.session import Session

VOLOPS_INTERFACE = 1

RDB = "application/x-redis-rdb"
_SERVERS = re.compile(r"redis|valkey|keydb")
_OTHERS = re.compile(r"insight|commander|exporter|browser|sentinel")
"""Companions of a Redis server, some of which keep data of their own at /data."""
_OWN_PLACES = re.compile(r"/var/lib/(redis|valkey|keydb)|/bitnami/(redis|valkey)(/data)?")
_SHARED_PLACE = "/data"
_MARKER = "volops:marker:"
_HEAD = re.compile(rb"REDIS(\d{4})")
_EOF = 0xFF
_EMPTY_KIB = 64
"""What the files of a server without a key take up on the disk at most."""
_CHECKSUM_BYTES = 8
_CHECKSUM_SINCE = 5
"""RDB versions from 5 on end in the opcode EOF and a CRC-64 (redis: rdb.h, rdb.c)."""


class Redis(VolumeType):
    """A Redis server's data. Where it writes an append-only file, its keys are the same, and are saved."""

    name = "redis"
    summary = "Cache and queue data of Redis"
    icon = "📊"
    service_noun = "cache"
    data_included = ("Session data", "Cached query results", "Task queues", "Rate limiting counters")
    criticality = Criticality.IMPORTANT
    typical_size = "10 MB to 1 GB"
    backup_priority = "MEDIUM: can be rebuilt, but backup recommended for production"
    guarantees = (
        "Survives restarts and rebuilds of containers",
        "Can be regenerated, but may impact performance",
    )
    proof = "keys of every database"
    role = "cache"
    Options: ClassVar[type[Any]] = Options

    def detect(self, volume: Volume) -> bool:
        """By a place that only Redis uses, or by /data of a Redis server, known by its image or command."""
        return any(_holds_keys(mount) for mount in volume.mounts)

    def dump(self, source: Source) -> Iterable[Artifact]:
        """The RDB file of a BGSAVE of our own; the server leaves it in its directory, as after any save."""
        session = _open(source)
        place = session.server.place_on(source.volume)
        if place is None:
            raise ProducerFailed(
                f"the cache saves to {session.server.directory}, not on volume {source.volume.key!r}",
                next_step=f"have it save where the volume is mounted: dir {source.target}",
            )
        source.notes["server"] = session.server.facts
        stream = session.save(str(PurePosixPath("/volume") / place), source.notes.update)
        yield Artifact(source.file_name("cache_backup", ".rdb"), RDB, stream)

    def facts(self, source: Source) -> Mapping[str, Any]:
        """`server`: version, role, where its files are. `keys`: how many the file holds; `databases`: how
        many each of them has, and how many of those expire: of the very moment of the save if `exact`.
        """
        return {name: source.notes[name] for name in ("server", "keys", "databases", "exact", "owner")}

    def plant(self, source: Source, token: str) -> None:
        """Set a key that never expires."""
        answer = _open(source).command("SET", _MARKER + token, token)
        if answer != "OK":
            raise ProducerFailed(f"the marker key cannot be set: {answer}")

    def found(self, source: Source, token: str) -> bool:
        """True when that key is there."""
        return _open(source).command("GET", _MARKER + token) == token

    def preflight(self, staging: Staging, artifacts: Sequence[StoredArtifact]) -> None:
        """The image must have a server that can read the file, and keeps its data on this volume."""
        look_ahead(staging, artifacts)

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        """As RDB file and as append-only file, so that the server finds its keys with either setting."""
        Restoring(staging).load(artifacts)

    def check(self, staging: Staging) -> None:
        """By servers of the service's image that load it, with an append-only file and without."""
        Restoring(staging).check()

    def clean(self, source: Source) -> Iterable[Removal]:
        """All of it, append-only file and RDB file: a server that runs is stopped, since it would write its
        keys again, and starts empty. Nothing where it has no keys, and no file that once held many; keys that
        it has not written to the volume yet are data, too."""
        keys = _keys(source)
        used = int(source.tree().run("du", "-sk", "/volume").text.split()[0])
        if keys == 0 and used <= _EMPTY_KIB:
            return
        unwritten = [Removal("")] if keys else []
        for removal in [*super().clean(source)] or unwritten:
            known = "" if keys is None else f", {keys} keys"
            yield Removal(f"all data of the cache{known}", removal.how)

    def verify(self, artifact: Artifact) -> None:
        """The file must begin and end as an RDB file. Raises ArtifactCorrupt."""
        if artifact.media_type != RDB:
            super().verify(artifact)
            return
        head, tail, size = b"", b"", 0
        for chunk in artifact.stream:
            size += len(chunk)
            head = head if len(head) >= 9 else (head + chunk)[:9]
            tail = (tail + chunk[-1 - _CHECKSUM_BYTES :])[-1 - _CHECKSUM_BYTES :]
        version = _HEAD.fullmatch(head)
        if version is None or int(version[1]) < _CHECKSUM_SINCE:
            raise ArtifactCorrupt(f"{artifact.name} does not begin as an RDB file does")
        if size < len(head) + len(tail) or tail[0] != _EOF:
            raise ArtifactCorrupt(f"{artifact.name} is no whole RDB file: its end is missing")


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """The Redis type."""
    return [Redis]


def _holds_keys(mount: Mount) -> bool:
    """True when the mount is where its service keeps Redis data. One that only reads it is no server."""
    image = mount.service.image.rsplit("@", 1)[0].rsplit("/", 1)[-1].split(":", 1)[0].lower()
    if mount.read_only or _OTHERS.search(image):
        return False
    place = mount.target.rstrip("/")
    if _OWN_PLACES.fullmatch(place):
        return True
    served = _SERVERS.search(image) or any(
        re.search(r"(redis|valkey|keydb)-server", word) for word in mount.service.command
    )
    return place == _SHARED_PLACE and bool(served)


def _keys(source: Source) -> int | None:
    """How many keys the server has; None when it cannot be asked: what is to go may well be broken."""
    try:
        return keys_in(_open(source).command("INFO", "keyspace"))
    except VolopsError:
        return None


def _open(source: Source) -> Session:
    environment, mounts = source.environment(), source.volume.mounts
    service = next(filter(_holds_keys, mounts), mounts[0]).service
    told = known(service.command, environment, source.service_file)
    return Session(source.beside(), service.name, source.options, told)
