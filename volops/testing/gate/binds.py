"""What becomes of the bind mounts of a stack: read as they are, copied, begun empty, or refused."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SOCKETS = (
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
)
_DEVICES = Path("/dev")


@dataclass(frozen=True, slots=True)
class Binds:
    """`placed` says where each source of a bind mount is for the copy, `copies` what has to be copied where
    for that, `empty` which directories it needs, and `reasons` what is against having a copy at all."""

    placed: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[Path, Path] = field(default_factory=dict)
    empty: tuple[Path, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes to be copied."""
        return sum(_size(source) for source in self.copies)


def plan_binds(config: Mapping[str, Any], tree: Path, private: Path, servers: Collection[str]) -> Binds:
    """Decide it for every bind mount of the resolved project.

    What a service may write, it writes to a copy below `private`. What it only reads stays where it is,
    unless it is in a directory of which there is a copy, or has one in it. A directory of `servers` begins
    empty: the files of a server that runs cannot be copied.
    """
    mounts = list(_mounts(config))
    reasons = [reason for name, mount in mounts if (reason := _against(name, mount, tree))]
    sources = {str(mount["source"]): Path(os.path.realpath(mount["source"])) for _, mount in mounts}
    fresh = {sources[key] for key in servers if key in sources}
    written = {sources[mount["source"]] for _, mount in mounts if not mount.get("read_only")} - fresh
    missing = {path for path in sources.values() if not path.exists()} - fresh
    inside = {path for path in sources.values() if _within(path, tree)} - fresh
    taken = missing | {path for path in inside if any(_overlap(path, each) for each in written)}
    roots = sorted(path for path in taken if not any(_below(path, other) for other in taken))
    homes = {path: private / f"{number}-{path.name}" for number, path in enumerate(roots)}
    apart = {path: private / f"server-{number}-{path.name}" for number, path in enumerate(sorted(fresh))}
    placed = {source: str(_place(path, homes, apart)) for source, path in sources.items()}
    copies = {path: home for path, home in homes.items() if path.exists()}
    empty = [home for path, home in homes.items() if path in missing]
    return Binds(placed, copies, (*empty, *apart.values()), tuple(dict.fromkeys(reasons)))


def carry_out(binds: Binds) -> None:
    """Make the copies. Raises OSError when one cannot be made."""
    for source, home in binds.copies.items():
        home.parent.mkdir(parents=True, exist_ok=True)
        said = subprocess.run(
            ["cp", "--archive", "--no-target-directory", str(source), str(home)],
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode != 0:
            raise OSError(f"{source} cannot be copied: {said.stderr.strip().splitlines()[-1]}")
    for directory in binds.empty:
        directory.mkdir(parents=True, exist_ok=True)


def room_for(binds: Binds, private: Path) -> bool:
    """Whether the copies take no more than half of what is free."""
    return binds.size * 2 <= shutil.disk_usage(private).free


def _mounts(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, service in (config.get("services") or {}).items():
        for mount in service.get("volumes") or ():
            if mount.get("type") == "bind":
                yield name, mount


def _against(service: str, mount: Mapping[str, Any], tree: Path) -> str:
    path = Path(os.path.realpath(mount["source"]))
    shown = f"service {service!r} mounts {mount['source']}"
    copied = not mount.get("read_only") and _within(path, tree)
    if engine := _engine_in(path):
        return f"{shown}, by which it controls the engine ({engine})"
    if not copied and _has_sockets(path):
        return f"{shown}, where programs of the machine listen (sockets)"
    if path == _DEVICES or _DEVICES in path.parents:
        return f"{shown}, a device of the machine"
    if not mount.get("read_only") and not copied:
        return f"{shown} for writing, which is outside {tree}"
    return ""


def _engine_in(path: Path) -> str:
    address = os.environ.get("DOCKER_HOST", "")
    sockets = [*_SOCKETS, *([address.removeprefix("unix://")] if address.startswith("unix://") else [])]
    for socket in sockets:
        real = Path(os.path.realpath(socket))
        if path == real or path in real.parents:
            return socket
    return ""


def _has_sockets(path: Path) -> bool:
    with contextlib.suppress(OSError):
        if stat.S_ISSOCK(path.stat().st_mode):
            return True
        if path.is_dir():
            return any(stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode) for entry in os.scandir(path))
    return False


def _below(path: Path, other: Path) -> bool:
    return other in path.parents


def _within(path: Path, tree: Path) -> bool:
    return path == tree or _below(path, tree)


def _overlap(path: Path, other: Path) -> bool:
    return path == other or _below(path, other) or _below(other, path)


def _place(path: Path, homes: Mapping[Path, Path], apart: Mapping[Path, Path]) -> Path:
    if path in apart:
        return apart[path]
    for root, home in homes.items():
        if path == root:
            return home
        if _below(path, root):
            return home / path.relative_to(root)
    return path


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size
    found = 0
    for directory, _, files in os.walk(path):
        for file in files:
            with contextlib.suppress(OSError):
                found += Path(directory, file).lstat().st_size
    return found
