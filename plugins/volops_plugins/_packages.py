"""What package managers of Node.js leave beside and inside node_modules, and how they install it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NPM_RECORD = ".package-lock.json"
"""What npm 7 and newer has installed (npm manual, package-lock.json, "Hidden Lockfiles")."""


@dataclass(frozen=True, slots=True)
class PackageManager:
    """`marks` are files in node_modules that only it writes; `command` installs what the lockfile says,
    or fails."""

    name: str
    lockfiles: tuple[str, ...]
    marks: tuple[str, ...]
    command: str


MANAGERS = (
    PackageManager("npm", ("npm-shrinkwrap.json", "package-lock.json"), (NPM_RECORD,), "npm ci"),
    PackageManager("pnpm", ("pnpm-lock.yaml",), (".modules.yaml",), "pnpm install --frozen-lockfile"),
    PackageManager("yarn", ("yarn.lock",), (".yarn-integrity",), "yarn install --frozen-lockfile"),
    PackageManager("yarn", ("yarn.lock",), (".yarn-state.yml",), "yarn install --immutable"),
    PackageManager("bun", ("bun.lock", "bun.lockb"), (), "bun install --frozen-lockfile"),
)
"""Yarn twice: from version 2 on its option is called otherwise."""
_NEW_YARN = b"__metadata:"
"""In the lockfile of Yarn 2 and newer only."""


def installed_by(read: Callable[[str], bytes | None]) -> PackageManager | None:
    """Who wrote a node_modules of which `read` gives files; None when no mark tells."""
    for manager in MANAGERS:
        if any(read(mark) is not None for mark in manager.marks):
            return manager
    return None


def of_lockfile(name: str, content: bytes) -> PackageManager:
    """The manager whose lockfile this is."""
    fits = [manager for manager in MANAGERS if name in manager.lockfiles]
    return fits[-1] if name == "yarn.lock" and _NEW_YARN in content else fits[0]


def packages(text: bytes) -> dict[str, dict[str, Any]]:
    """The packages of a lockfile of npm, or of its record, by path; none for a lockfile of npm 6 and older.

    Raises ValueError when it is not what npm writes.
    """
    document = json.loads(text)
    found = document.get("packages", {}) if isinstance(document, dict) else None
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise ValueError("it has no list of packages")
    return found


def installed_otherwise(installed: dict[str, dict[str, Any]], locked: dict[str, dict[str, Any]]) -> list[str]:
    """Packages that are installed and that the lockfile does not have, or has another version of."""
    return [
        path.removeprefix("node_modules/")
        for path, entry in installed.items()
        if not entry.get("link")
        and any(locked.get(path, {}).get(key) != entry.get(key) for key in ("version", "integrity"))
    ]
