"""Streams whose producer begins with the call, not with the first chunk that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import wraps
from typing import ParamSpec

Given = ParamSpec("Given")


def begun(
    stream: Callable[Given, Generator[bytes, None, None]],
) -> Callable[Given, Generator[bytes, None, None]]:
    """Makes the generators of `stream` run up to their first yield at once: what that yields is nobody's.

    Closed before anything was read, such a generator goes on with GeneratorExit at that yield.
    """

    @wraps(stream)
    def begin(*given: Given.args, **named: Given.kwargs) -> Generator[bytes, None, None]:
        running = stream(*given, **named)
        next(running)
        return running

    return begin
