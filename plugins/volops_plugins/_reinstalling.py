"""Packages of Node.js back from a recipe: from the service's image, which has installed them already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from volops import CheckFailed, RestoreRefused, Shell, Staging
from volops_plugins._packages import NPM_RECORD

_SHA256 = 'if [ -f "$1" ]; then sha256sum <"$1"; fi'
_PACK = 'cd "$1" && exec tar -cf - .'
_TREE = """
cd "$1"
find . -type f -exec sha256sum {} + | LC_ALL=C sort | sha256sum
find . ! -type f | LC_ALL=C sort | sha256sum
"""


class Reinstalling:
    """The packages of one recipe."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._recipe: Mapping[str, Any] = staging.facts
        self._target = str(staging.target)
        subpaths = [
            each.subpath for each in staging.volume.mounts if PurePosixPath(each.target) == staging.target
        ]
        self._place = str(PurePosixPath("/volume", *subpaths[:1]))

    def preflight(self) -> None:
        """Raise RestoreRefused unless the image has what the recipe's command would install.

        Warn when the image is of another lockfile than the backup: its packages are the ones that fit it.
        """
        image = self._staging.image()
        if not image.run("sh", "-c", 'ls -A "$1" 2>/dev/null || :', "sh", self._target).text:
            raise self._refusal(f"the image of the service has no packages in {self._target}")
        now = _sha256(image, self._recipe["lockfile"])
        if now and now != self._recipe["lockfile_sha256"]:
            self._staging.warn(
                f"{self._recipe['lockfile']} has changed since the backup: the packages are those of the "
                "new one"
            )
        elif not self._same_record(image, self._target):
            raise self._refusal("the image of the service has other packages than were backed up")

    def load(self) -> None:
        """Copy them out of the image."""
        packed = self._staging.image().stream("sh", "-euc", _PACK, "pack", self._target)
        self._staging.tree().run("mkdir", "-p", self._place)
        self._staging.untar(packed, self._place.removeprefix("/volume").lstrip("/") or ".")

    def check(self) -> None:
        """Raise CheckFailed unless every file is as it is in the image, and npm's record as it was."""
        image, tree = self._staging.image(), self._staging.tree()
        wanted = image.run("sh", "-euc", _TREE, "tree", self._target).text
        if tree.run("sh", "-euc", _TREE, "tree", self._place).text != wanted:
            raise CheckFailed(f"volume {self._staging.volume.key!r}: the packages are not those of the image")
        same = _sha256(image, self._recipe["lockfile"]) == self._recipe["lockfile_sha256"]
        if same and not self._same_record(tree, self._place):
            raise CheckFailed(
                f"volume {self._staging.volume.key!r}: the packages are not those of the backup"
            )

    def _same_record(self, shell: Shell, place: str) -> bool:
        """Whether npm says that it has installed what was installed; true where nobody can tell."""
        recorded = self._recipe.get("record_sha256")
        return recorded is None or _sha256(shell, f"{place}/{NPM_RECORD}") == recorded

    def _refusal(self, reason: str) -> RestoreRefused:
        service = self._recipe["service"]
        return RestoreRefused(
            f"volume {self._staging.volume.key!r} is backed up as a recipe ({self._recipe['command']}), "
            f"and {reason}",
            next_step=f"install them with `volops rebuild {service}`, or with `docker compose exec {service} "
            f"{self._recipe['command']}`",
        )


def _sha256(shell: Shell, path: str) -> str:
    """The digest of a file; empty when there is none."""
    return shell.run("sh", "-euc", _SHA256, "digest", path).text.partition(" ")[0]
