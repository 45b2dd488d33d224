"""A key of somebody, for GnuPG: made for one scenario, in a directory of its own."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from features.world.commands import environment, tell

_AGENT = ("gpgconf", "--kill", "all")


@dataclass(frozen=True, slots=True)
class Keyring:
    """The directory of somebody's keys."""

    home: Path

    @property
    def variables(self) -> dict[str, str]:
        """What makes gpg use it."""
        return {"GNUPGHOME": str(self.home)}

    def decrypt(self, file: Path) -> subprocess.CompletedProcess[bytes]:
        """What gpg says with the keys that are in it."""
        argv = ["gpg", "--batch", "--quiet", "--decrypt", str(file)]
        return subprocess.run(argv, env=environment(**self.variables), capture_output=True, check=False)


@contextmanager
def keyring(owner: str = "") -> Iterator[Keyring]:
    """A keyring with a key of `owner`, or an empty one; gone after the block, and its agent with it."""
    # With a short name: the address of the agent's socket has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="keys-") as place:
        made = Keyring(Path(place))
        env = environment(**made.variables)
        try:
            if owner:
                making = ("--batch", "--quiet", "--passphrase", "", "--quick-generate-key", owner)
                tell("gpg", *making, "default", "default", "1d", env=env)
            yield made
        finally:
            tell(*_AGENT, env=env)
