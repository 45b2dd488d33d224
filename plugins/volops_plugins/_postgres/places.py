"""Where images keep a cluster."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from volops import Mount

_DIRECTORIES = re.compile(
    r"/var/lib/postgresql(/\d+(\.\d+)?)?(/(data(/pgdata)?|main|docker))?|/var/lib/pgsql(/data)?"
    r"|/bitnami/postgresql(/data)?|/home/postgres/pgdata"
)
"""Where images keep a cluster: the official ones (from 18 on with the version), Debian's layout, Red Hat's,
Bitnami's, TimescaleDB HA's. Volumes for logs, archives or backups below them are none."""


def holds_cluster(mount: Mount) -> bool:
    """True when the mount is where its service keeps a cluster. One that only reads it is no server."""
    if mount.read_only:
        return False
    declared = mount.service.environment.get("PGDATA") or ""
    if declared.startswith("/"):
        return PurePosixPath(declared).is_relative_to(mount.target)
    return _DIRECTORIES.fullmatch(mount.target.rstrip("/")) is not None
