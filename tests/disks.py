"""Real file systems that are small or cannot be written. Mounting them takes root, as `make test` has it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def small_disk(at: Path, mebibytes: int) -> Iterator[Path]:
    """A file system of that size, mounted at `at`."""
    at.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0755", "tmpfs", str(at))
    try:
        yield at
    finally:
        _run("umount", "--lazy", str(at))


@contextlib.contextmanager
def read_only(directory: Path) -> Iterator[Path]:
    """`directory`, with its content, where not even root can write."""
    _run("mount", "--bind", str(directory), str(directory))
    try:
        _run("mount", "-o", "remount,bind,ro", str(directory))
        yield directory
    finally:
        _run("umount", "--lazy", str(directory))


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(argv)} failed (root is needed): {done.stderr}"
