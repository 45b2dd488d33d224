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


def instead_of(place: str, directory: Path) -> tuple[str, ...]:
    """What to put before a command so that it finds `directory` at `place`."""
    become_root = () if os.geteuid() == 0 else ("--map-root-user",)
    script = f'mount --bind {shlex.quote(str(directory))} {shlex.quote(place)} && exec "$@"'
    return ("unshare", "--mount", *become_root, "sh", "-c", script, "sh")
