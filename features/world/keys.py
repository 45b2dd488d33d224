"""A key of somebody, for GnuPG: made for one scenario, in a directory of its own.

GnuPG runs in containers; a script by its name, first on the path, has every command find it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from features.world.commands import environment, tell
from features.world.engine import ROOT, docker

_IMAGE = "volops-features-gnupg:1"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The directory of somebody's keys."""

    home: Path

    @property
    def variables(self) -> dict[str, str]:
        """What makes gpg be found, and use it."""
        path = f"{self.home}{os.pathsep}{environment()['PATH']}"
        return {"GNUPGHOME": str(self.home), "PATH": path}

    def decrypt(self, file: Path) -> subprocess.CompletedProcess[bytes]:
        """What gpg says with the keys that are in it."""
        argv = ["gpg", "--batch", "--quiet", "--decrypt", file.name]
        env = environment(**self.variables)
        return subprocess.run(argv, cwd=file.parent, env=env, capture_output=True, check=False)


@contextmanager
def keyring(owner: str = "") -> Iterator[Keyring]:
    """A keyring with a key of `owner`, or an empty one; gone after the block."""
    docker("build", "--quiet", "--tag", _IMAGE, str(ROOT / "features" / "images" / "gnupg"))
    # With a short name: the address of the agent's socket has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="keys-") as place:
        made = Keyring(Path(place))
        _write_program(made.home)
        if owner:
            making = ("--batch", "--quiet", "--passphrase", "", "--quick-generate-key", owner)
            tell(
                str(made.home / "gpg"), *making, "default", "default", "1d", env=environment(**made.variables)
            )
        yield made


def _write_program(home: Path) -> None:
    options = ["--rm", "--interactive", "--network=none", f"--user={os.getuid()}:{os.getgid()}"]
    options += [f"--volume={home}:{home}", f"--env=GNUPGHOME={home}"]
    here = '"--volume=$PWD:$PWD" "--workdir=$PWD"'
    program = home / "gpg"
    program.write_text(f'#!/bin/sh\nexec docker run {shlex.join(options)} {here} {_IMAGE} gpg "$@"\n')
    program.chmod(0o700)
