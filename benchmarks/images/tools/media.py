"""Fills a directory with uploads: 1 GB, of which 70 % cannot be compressed.

Usage: python3 -m tools.media DIRECTORY [MEGABYTES]

Pictures and recordings are random bytes, as good as any codec leaves them; documents are text. The same
call makes the same files.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from .prose import Prose

SEED = 20251025
INCOMPRESSIBLE = 0.7
RECORDED = ((".jpg", 150_000, 4_000_000), (".mp4", 4_000_000, 30_000_000), (".webp", 20_000, 300_000))
WRITTEN = ((".csv", 20_000, 2_000_000), (".svg", 4_000, 120_000), (".txt", 1_000, 60_000))


def sizes(dice: random.Random, total: int, least: int, most: int) -> Iterator[int]:
    """Sizes of files, small ones being commoner, that add up to `total`."""
    while total > 0:
        size = min(total, int(least * (most / least) ** dice.random()))
        yield size
        total -= size


def text(prose: Prose, size: int) -> bytes:
    """Lines of words and numbers."""
    lines: list[str] = []
    length = 0
    while length < size:
        lines.append(f"{prose.sentence(9)}, {prose.dice.random() * 1000:.3f}\n")
        length += len(lines[-1])
    return "".join(lines).encode()[:size]


def main(directory: Path, megabytes: int) -> None:
    """Write the files, spread over the months of a year."""
    prose = Prose(SEED)
    number = 0
    for kinds, share in ((RECORDED, INCOMPRESSIBLE), (WRITTEN, 1 - INCOMPRESSIBLE)):
        for suffix, least, most in kinds:
            total = int(megabytes * 1_000_000 * share / len(kinds))
            for size in sizes(prose.dice, total, least, most):
                number += 1
                path = directory / f"uploads/2025/{number % 12 + 1:02}/{number:06}{suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(prose.dice.randbytes(size) if kinds is RECORDED else text(prose, size))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
