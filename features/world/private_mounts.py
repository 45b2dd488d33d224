"""File systems that only one command sees: nothing has to be unmounted, and no root is needed."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def over(directory: Path, mount: str) -> tuple[str, ...]:
    """What to put before a command so that it finds another file system at `directory`.

    `mount` is the mount command without its target. What is there when the command has ended can be asked
    for with `listing`. See unshare(1): an unprivileged user becomes root of a namespace of his own.
    """
    become_root = () if os.geteuid() == 0 else ("--map-root-user",)
    place, listed = shlex.quote(str(directory)), shlex.quote(str(_listing_file(directory)))
    script = f'{mount} {place} && "$@"; code=$?; cd {place} && find . >{listed}; exit $code'
    return ("unshare", "--mount", *become_root, "sh", "-c", script, "sh")


def listing(directory: Path) -> list[str]:
    """Everything that was in the other file system at the end, as `find .` prints it."""
    return sorted(_listing_file(directory).read_text("utf-8").splitlines())


def _listing_file(directory: Path) -> Path:
    return directory.with_name(f"{directory.name}.listing")


def instead_of(place: Path, directory: Path) -> tuple[str, ...]:
    """What to put before a command so that it finds `directory` at `place`."""
    return _mounted(f"mount --bind {shlex.quote(str(directory))} {shlex.quote(str(place))}")


def frozen(directory: Path) -> tuple[str, ...]:
    """What to put before a command so that it can make nothing in `directory`, but read what is there."""
    place = shlex.quote(str(directory))
    return _mounted(f"mount --bind {place} {place} && mount -o remount,bind,ro {place} && cd {place}")


def _mounted(script: str) -> tuple[str, ...]:
    become_root = () if os.geteuid() == 0 else ("--map-root-user",)
    return ("unshare", "--mount", *become_root, "sh", "-c", f'{script} && exec "$@"', "sh")
