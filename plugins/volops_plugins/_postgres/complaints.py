"""What a server, or initdb, says of why it does not do what it should."""

from __future__ import annotations

import re
from collections.abc import Sequence

from volops import Output


def why(done: Output) -> str:
    """What `server.sh` says went wrong, and the last that the server complained of."""
    if not done.text:
        return complaint(done.stderr)
    return ": ".join([done.text, *_complaints(done.stderr.splitlines())[-1:]])


def complaint(text: str) -> str:
    """The line of a server's or initdb's output that says what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next(iter(_complaints(lines)), lines[-1] if lines else "it said nothing")


def _complaints(lines: Sequence[str]) -> list[str]:
    # What is wrong in a file is only logged; the fatal line names no more than the file.
    ranks = (r"LOG: .* in file ", r"\b(FATAL|PANIC|ERROR|error):")
    found = [line for rank in ranks for line in lines if re.search(rank, line)]
    return [re.sub(r"^.*?\b(LOG|FATAL|PANIC|ERROR|error):\s*", "", line) for line in found]
