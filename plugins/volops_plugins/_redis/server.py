"""What a running server says of itself, and where its password may be found."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

_PASSWORDS = ("REDIS_PASSWORD", "VALKEY_PASSWORD", "KEYDB_PASSWORD", "REDISCLI_AUTH")
_VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
_KEYSPACE = re.compile(r"^db(\d+):keys=(\d+),expires=(\d+)", re.MULTILINE)
_CHECKED = re.compile(r"^\[info\] (\d+) keys read", re.MULTILINE)
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
    """A running server; `facts` go into the manifest, `directory` is where it keeps its files."""

    facts: Mapping[str, Any]
    directory: PurePosixPath


def proposals(command: Iterable[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Where the script shall look for the password: what environment and command line of the service say.

    The server overwrites both in its own process, so they cannot be read there.
    """
    for name in _PASSWORDS:
        if value := environment.get(name):
            yield f"password {value}"
        if path := environment.get(f"{name}_FILE"):
            yield f"file {path}"
    words = [*_words(command), *_words([environment.get("REDIS_ARGS", "")])]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        value = _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), following)
        if word == "--requirepass" and value:
            yield f"password {value}"
        elif word == "--port" and value.isdigit():
            yield f"port {value}"
        if word.endswith(".conf") and word.startswith("/"):
            yield f"config {word}"


def _words(command: Iterable[str]) -> Iterator[str]:
    """The words of a command line, those inside `sh -c '…'` among them."""
    for part in command:
        try:
            yield from shlex.split(part) if re.search(r"\s", part) else [part]
        except ValueError:
            yield from part.split()


def read_description(lines: Iterable[str]) -> Server:
    """The server that `session.sh connect` printed."""
    said = dict(line.strip().split(":", 1) for line in lines if ":" in line)
    facts = {
        "version": said.get("valkey_version") or said["redis_version"],
        "mode": said.get("redis_mode", "standalone"),
        "role": said.get("role", "master"),
        "appendonly": said.get("aof_enabled") == "1",
        "directory": said["directory"],
        "file": said["file"],
    }
    return Server(facts, PurePosixPath(said["directory"]))


def read_counts(text: str) -> dict[str, Any]:
    """What `session.sh counts` printed: `databases` with keys and how many of them expire, `keys` in all, and
    whether these are `exact`: the same right before and right after the save began, and found in the file.
    """
    before, _, rest = text.partition(_STARTED)
    after, _, check = rest.partition("check:\n")
    databases, then = _KEYSPACE.findall(before), _KEYSPACE.findall(after)
    total = sum(int(keys) for _, keys, _ in databases)
    checked = _CHECKED.search(check)
    return {
        "keys": int(checked[1]) if checked else total,
        "databases": {number: {"keys": int(keys), "expires": int(ttl)} for number, keys, ttl in databases},
        "exact": databases == then and (checked is None or int(checked[1]) == total),
    }
