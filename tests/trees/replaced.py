"""Runs in a container as root: files whose extended attributes were set, replaced and removed."""

from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path


def main() -> None:
    chance = random.Random(7)  # noqa: S311
    for number in range(200):
        path = Path("/volume") / str(number)
        path.touch()
        for _ in range(30):
            name = f"user.{chance.choice('abcdefgh') * chance.randrange(1, 9)}"
            value = chance.randbytes(chance.choice((0, 3, 40, 90, 700)))
            with contextlib.suppress(OSError):
                if chance.random() < 0.4:
                    os.removexattr(path, name)
                else:
                    os.setxattr(path, name, value)


if __name__ == "__main__":
    main()
