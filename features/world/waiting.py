"""Waiting for something to become true, instead of sleeping and hoping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], what: str, *, seconds: float = 60, every: float = 0.02) -> Found:
    """Ask `condition` again and again until it gives something true, and return that.

    Raises AssertionError, naming `what`, when `seconds` have passed.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        time.sleep(every)
    return found
