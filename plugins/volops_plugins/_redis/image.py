"""What a server made of a service's image would be, asked before anything is touched."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from volops import ProducerFailed, RestoreRefused, Staging
from volops_plugins._beside import read_text

_FORMATS = {
    "redis": ((8, 0, 12), (7, 4, 12), (7, 2, 11), (7, 0, 10), (5, 0, 9), (4, 0, 8), (3, 2, 7)),
    "valkey": ((7, 2, 11),),
    "keydb": ((6, 0, 9),),
}
"""Since which version servers write RDB files of which version (rdb.h of each), newest first."""
_OPTIONS = ("dir", "dbfilename", "appenddirname", "appendfilename", "databases", "appendonly")


@dataclass(frozen=True, slots=True)
class Image:
    """The server of an image. `user` is uid:gid of who owned the data when it was backed up, or else of the
    image's servers; `root` owner and mode of the directory that the volume is mounted over, empty where
    it has none."""

    family: str
    server: str
    version: str
    checker: str
    user: str
    root: tuple[str, ...]

    @property
    def parts(self) -> tuple[int, ...]:
        """Major and minor version."""
        return version_parts(self.version)

    @property
    def splits(self) -> bool:
        """Whether its append-only file is a directory with a manifest: since Redis 7.0, never in KeyDB."""
        return self.family == "valkey" or (self.family == "redis" and self.parts >= (7, 0))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the service's server looks for its files: `directory` inside the container, and names in it.
    `appends` tells whether it reads an append-only file, None when that is not certain."""

    directory: PurePosixPath
    file: str
    append_directory: str
    append_file: str
    databases: int
    appends: bool | None


def inspect(staging: Staging) -> Image:
    """What `image.sh` says in a helper of the image. Raises RestoreRefused when it has no server."""
    script = read_text(__package__, "image.sh").encode()
    try:
        said = staging.image().run("sh", "-s", str(staging.target), input=script).text
    except ProducerFailed as failed:
        raise RestoreRefused(
            f"the image of the service cannot run Redis: {failed.message}",
            next_step="give the service the image that it had when the backup was made",
        ) from failed
    told = {name: value for name, _, value in (line.partition(" ") for line in said.splitlines())}
    return Image(
        family=told["family"],
        server=told["server"],
        version=told["version"],
        checker=told["checker"],
        user=staging.facts.get("owner") or told.get("user", "0:0"),
        root=tuple(told["root"].split()),
    )


def layout(staging: Staging) -> Layout:
    """As the compose file's command line has it, else as it was when the backup was made, else as Redis has
    it by itself. Raises RestoreRefused when the directory is not on the volume."""
    given = dict(_options(staging.command, staging.environment()))
    recorded: Mapping[str, Any] = staging.facts.get("server", {})
    before = PurePosixPath(recorded.get("directory") or staging.target)
    usual = before if before.is_relative_to(staging.target) else staging.target
    directory = PurePosixPath(given.get("dir", usual))
    directory = directory if directory.is_absolute() else staging.target / directory
    if not directory.is_relative_to(staging.target):
        raise RestoreRefused(
            f"the service keeps its data in {directory}, which is not on volume {staging.volume.key!r}, "
            f"mounted at {staging.target}",
            next_step=f"mount the volume at {directory}, or let --dir be a directory on it",
        )
    highest = max((int(number) for number in staging.facts.get("databases", {})), default=0)
    return Layout(
        directory=directory,
        file=given.get("dbfilename") or recorded.get("file") or "dump.rdb",
        append_directory=given.get("appenddirname") or recorded.get("append_directory") or "appendonlydir",
        append_file=given.get("appendfilename") or recorded.get("append_file") or "appendonly.aof",
        databases=int(given["databases"]) if "databases" in given else max(16, highest + 1),
        appends=_appends(staging.command, given, recorded),
    )


def _appends(command: Sequence[str], given: Mapping[str, str], recorded: Mapping[str, Any]) -> bool | None:
    """What the command line says counts. Redis by itself writes no append-only file; but a file of settings
    may have been changed since the backup, or be there only now."""
    if "appendonly" in given:
        return given["appendonly"].lower() == "yes"
    settings = recorded.get("config_file") != "" or any(
        word == "-" or word.endswith(".conf") or word.startswith("/") for word in _words(command)
    )
    return None if settings or recorded.get("appendonly") is not False else False


def format_version(family: str, version: str) -> int | None:
    """The version of the RDB files that such a server writes; None for one that is not known."""
    parts = version_parts(version)
    return next((made for major, minor, made in _FORMATS.get(family, ()) if parts >= (major, minor)), None)


def version_parts(version: str) -> tuple[int, ...]:
    """Major and minor version as numbers."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _options(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    said = [*_words(command), *_words([environment.get("REDIS_ARGS", "")])]
    for word, following in zip(said, [*said[1:], ""], strict=True):
        if word.startswith("--") and word[2:].lower() in _OPTIONS and following:
            yield word[2:].lower(), following


def _words(command: Iterable[str]) -> Iterator[str]:
    """The words of a command line, those inside `sh -c '…'` among them."""
    for part in command:
        try:
            yield from shlex.split(part) if re.search(r"\s", part) else [part]
        except ValueError:
            yield from part.split()
