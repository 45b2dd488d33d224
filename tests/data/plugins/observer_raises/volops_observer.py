"""A plugin that fails to observe."""

from __future__ import annotations

from volops import Event, hookimpl

calls = 0


@hookimpl
def volops_event(event: Event) -> None:
    global calls
    calls += 1
    raise ConnectionError(f"the chat server refused {type(event).__name__}")
