"""What a running server says of itself, and where its password may be found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from volops import Volume
from volops_plugins._redis.keyspace import counted

_CHECKED = re.compile(r"^\[info\] (\d+) keys read", re.MULTILINE)
_OWNER = re.compile(r"^owner:(\d+:\d+)$", re.MULTILINE)
_STARTED = "Background saving started"


@dataclass(frozen=True, slots=True)
class Options:
    """What `x-volops` may say of a Redis volume.

    `stall_timeout_s`: a save that makes no progress for so long is given up. `ready_timeout_s`: how long a
    server that is still loading its data is waited for.
    """

    stall_timeout_s: int = 120
    ready_timeout_s: int = 15


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `facts` go into the manifest. `directory` is where it keeps its files, in its own
    container; None when it does not say."""

    facts: Mapping[str, Any]
    directory: PurePosixPath | None

    def place_on(self, volume: Volume) -> PurePosixPath | None:
        """Where on the volume that directory is, or None when it is elsewhere."""
        nearest = sorted(volume.mounts, key=lambda mount: -len(mount.target))
        for mount in nearest:
            if self.directory is None or self.directory.is_relative_to(mount.target):
                below = self.directory.relative_to(mount.target) if self.directory else PurePosixPath()
                return PurePosixPath(mount.subpath) / below
        return None


def read_description(lines: Iterable[str]) -> Server:
    """The server that `session.sh connect` printed."""
    said = dict(line.strip().split(":", 1) for line in lines if ":" in line)
    facts = {
        "family": said["family"],
        "version": said.get("valkey_version") or said["redis_version"],
        "mode": said.get("redis_mode", "standalone"),
        "role": said.get("role", "master"),
        "appendonly": said.get("aof_enabled") == "1",
        "directory": said.get("config_dir", ""),
        "file": said.get("config_dbfilename") or "dump.rdb",
        "append_directory": said.get("config_appenddirname", ""),
        "append_file": said.get("config_appendfilename", ""),
        "config_file": said.get("config_file", "").strip(),
    }
    directory = said.get("config_dir")
    return Server(facts, PurePosixPath(directory) if directory else None)


def keys_in(keyspace: str) -> int:
    """How many keys all databases have together, of the answer to INFO keyspace."""
    return sum(each["keys"] for each in counted(keyspace).values())


def read_counts(text: str) -> dict[str, Any]:
    """What `session.sh counts` printed: `databases` with keys and how many of them expire (see `counted`),
    `keys` in all, and whether these are `exact`: the same right before and right after the save began, and
    found in the file; and the `owner` of the file, as uid:gid.
    """
    before, _, rest = text.partition(_STARTED)
    after, _, check = rest.partition("check:\n")
    databases, total = counted(before), keys_in(before)
    checked = _CHECKED.search(check)
    return {
        "keys": int(checked[1]) if checked else total,
        "databases": databases,
        "exact": databases == counted(after) and (checked is None or int(checked[1]) == total),
        "owner": owner[1] if (owner := _OWNER.search(rest)) else "",
    }
