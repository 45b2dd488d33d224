"""What a reader must know of a run: when, of which commit, on which engine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from volops.plugins import discover


def facts_of_this_run(root: Path) -> dict[str, str]:
    """Name and value of each; what cannot be found out is said to be unknown."""
    return {
        "When": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "Commit": commit_of(root),
        "volops": importlib.metadata.version("volops"),
        "Plugins": _plugins(),
        "Engine": _said("docker", "version", "--format", "{{.Server.Version}} (API {{.Server.APIVersion}})"),
        "Compose": _said("docker", "compose", "version", "--short"),
        "Machine": f"{platform.system()} {platform.release()}, {_processors()} processors",
        "Python": platform.python_version(),
    }


def images_on_the_engine(names: Sequence[str]) -> str:
    """Each image with the beginning of its id; what is not there yet is said to be unknown."""
    listing = _said("docker", "images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    known = dict(line.split(" ", 1) for line in listing.splitlines() if " " in line)
    found = {name: known.get(name if ":" in name else f"{name}:latest", _UNKNOWN) for name in names}
    return ", ".join(f"{name} ({image.removeprefix('sha256:')[:12]})" for name, image in found.items())


def _plugins() -> str:
    found: dict[str, list[str]] = {}
    for plugin in discover().plugins:
        where = f"{plugin.distribution} {plugin.version}"
        found.setdefault(where, []).append(plugin.name + (" (broken)" if plugin.status == "broken" else ""))
    return "; ".join(f"{', '.join(names)} of {where}" for where, names in found.items())


def commit_of(root: Path) -> str:
    """The commit of a checkout, and whether anything was changed since."""
    commit = _said("git", "-C", str(root), "describe", "--always", "--abbrev=10", "--exclude=*")
    changed = _said("git", "-C", str(root), "status", "--porcelain", "--untracked-files=no")
    return f"{commit} and changes" if changed and commit != _UNKNOWN else commit


_UNKNOWN = "unknown"


def _said(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return _UNKNOWN
    return done.stdout.strip()


def _processors() -> int:
    return len(os.sched_getaffinity(0))
