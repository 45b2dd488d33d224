"""What a reader must know of a run: when, of which commit, on which engine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from datetime import datetime
from pathlib import Path


def facts_of_this_run(root: Path) -> dict[str, str]:
    """Name and value of each; what cannot be found out is said to be unknown."""
    return {
        "When": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "Commit": _commit(root),
        "volops": importlib.metadata.version("volops"),
        "Engine": _said("docker", "version", "--format", "{{.Server.Version}} (API {{.Server.APIVersion}})"),
        "Compose": _said("docker", "compose", "version", "--short"),
        "Machine": f"{platform.system()} {platform.release()}, {_processors()} processors",
        "Python": platform.python_version(),
    }


def _commit(root: Path) -> str:
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
