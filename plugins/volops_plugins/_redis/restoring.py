"""Redis data made anew from a backup, in the staging area of its volume, and proven there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from volops import Artifact, CheckFailed, Staging
from volops_plugins._beside import read_text
from volops_plugins._redis.image import Image, Layout, inspect, layout
from volops_plugins._redis.keyspace import counted, missing

_PROOF = ".volops-proof"
_MISSING_MODULE = re.compile(r"module", re.IGNORECASE)
_PLACE = 'mkdir -p "$1"; cat >"$1/$2"'
_DRESS = """
cd "$1"
# An RDB file alone is a whole append-only file: a server that is to read one finds no other data than this.
if [ "$4" = manifest ]; then
    mkdir "$5"
    ln "$2" "$5/$6.1.base.rdb"
    printf 'file "%s.1.base.rdb" seq 1 type b\\n' "$6" >"$5/$6.manifest"
    chmod 0755 "$5"
    chmod 0644 "$5/$6.manifest"
elif [ "$4" = single ]; then
    cp "$2" "$6"
    chmod 0644 "$6"
fi
chmod 0644 "$2"
chown -R "$3" "$7"
"""
_COPY = """
cd "$1"
rm -rf "$2"
mkdir -m 0700 "$2"
ln "$3" "$2/$3"
if [ "$4" = manifest ]; then
    mkdir "$2/$5"
    ln "$5/$6.1.base.rdb" "$2/$5/"
    cp "$5/$6.manifest" "$2/$5/"
    chown -R "$7" "$2/$5"
elif [ "$4" = single ]; then
    cp -p "$6" "$2/"
fi
chown "$7" "$2"
"""


class Restoring:
    """The data of one server in one staging area."""

    def __init__(self, staging: Staging) -> None:
        """Look at the image. Raises RestoreRefused when it has no server, or keeps its data elsewhere."""
        self._staging = staging
        self._image: Image = inspect(staging)
        self._layout: Layout = layout(staging)

    def load(self, artifacts: Iterator[Artifact]) -> None:
        """Put the RDB file where servers look for it that have no append-only file, and where those that do.

        A server that is to read an append-only file and finds none starts empty, whatever else there is. One
        that certainly reads none gets none: it would stay as it is while the keys change, and be read by the
        first server that has one turned on.
        """
        shell, image, names = self._staging.tree(), self._image, self._layout
        if names.appends is None and self._staging.facts.get("server", {}).get("appendonly") is False:
            beside = names.append_directory if image.splits else names.append_file
            self._staging.warn(
                f"it is not certain that the server runs without an append-only file, so {beside} is there "
                f"beside {names.file}: before you ever turn one on, delete it"
            )
        mount = next(
            each for each in self._staging.volume.mounts if PurePosixPath(each.target) == self._staging.target
        )
        root = str(PurePosixPath("/volume", mount.subpath))
        place = str(PurePosixPath(root, names.directory.relative_to(self._staging.target)))
        for artifact in artifacts:
            shell.feed(artifact.stream, "sh", "-euc", _PLACE, "place", place, names.file)
        shell.run(
            "sh", "-euc", _DRESS, "dress", place, names.file, image.user, self._kind,
            names.append_directory, names.append_file, root,
        )  # fmt: skip
        if image.root and place != root:
            owner, mode = image.root
            shell.run("sh", "-euc", 'chown "$1" "$3"; chmod "$2" "$3"', "root", owner, mode, root)
        elif image.root:
            shell.run("chmod", image.root[1], root)

    def check(self) -> None:
        """Have servers of the image read it, with an append-only file and without, and count its keys.

        Raises CheckFailed. Keys that have expired since the backup may be missing, no others.
        """
        names, shell = self._layout, self._staging.service()
        copy = str(names.directory / _PROOF)
        for mode in ("no",) if self._layout.appends is False else ("no", "yes"):
            shell.run(
                "sh", "-euc", _COPY, "copy", str(names.directory), _PROOF, names.file, self._kind,
                names.append_directory, names.append_file, self._image.user,
            )  # fmt: skip
            said = self._served(copy, mode)
            shell.run("rm", "-rf", copy)
            if said is None:
                return
            for wrong in differences(said, self._staging.facts):
                raise CheckFailed(
                    f"the restored cache is not as it was: {wrong}",
                    next_step="the live data is as it was; restore another backup, see `volops list`",
                )

    @property
    def _kind(self) -> str:
        """Of the append-only file: a directory with a manifest, a single file, or none at all."""
        if self._layout.appends is False:
            return "none"
        return "manifest" if self._image.splits else "single"

    def _served(self, directory: str, mode: str) -> str | None:
        """What a server said of its keys; None when it cannot be tried without modules."""
        names, image = self._layout, self._image
        settings = ["--databases", str(names.databases), "--appendfilename", names.append_file]
        if image.splits:
            settings += ["--appenddirname", names.append_directory]
        script = read_text(__package__, "prove.sh").encode()
        done = self._staging.service().run(
            "sh", "-s", image.server, image.checker, directory, names.file, mode, *settings,
            input=script, user=image.user, ok=range(256),
        )  # fmt: skip
        if not done.code:
            return done.text
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = next((line for line in lines if re.search("fatal|can't|error", line, re.IGNORECASE)), "")
        reason = reason or (lines[-1] if lines else f"exit code {done.code}")
        if _MISSING_MODULE.search(reason):
            self._staging.warn(
                f"the restored data was not tried by a server, which lacks its modules: {reason}"
            )
            return None
        raise CheckFailed(
            f"{image.family}-server {image.version} cannot load the restored data: {reason}",
            next_step="the live data is as it was; restore another backup, see `volops list`",
        )


def differences(said: str, facts: Mapping[str, Any]) -> Iterator[str]:
    """What is not as recorded in the answer of `prove.sh`."""
    found = counted(said)
    checked = re.search(r"(\d+) keys read", said)
    expired = re.search(r"(\d+) already expired", said)
    if facts.get("exact") and checked and int(checked[1]) != facts["keys"]:
        yield f"the file has {checked[1]} keys, had {facts['keys']}"
    if not facts.get("exact"):
        return
    gone = 0
    for number, recorded in facts["databases"].items():
        now = found.get(number, {"keys": 0, "expires": 0})
        yield from missing(number, recorded, now)
        gone += recorded["expires"] - now["expires"]
    for number in sorted(set(found) - set(facts["databases"])):
        yield f"database {number} was empty"
    if expired and gone > int(expired[1]):
        yield f"{gone} keys that expire are missing, and only {expired[1]} have expired"
