"""What was opened for a volume is closed while the run goes on, and all of it by the end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from volops.errors import EngineFailed
from volops.events import Event, Warned
from volops.operations.closing import Closing


def nobody(event: Event) -> None:
    raise AssertionError(f"nobody was to hear of {event}")


@dataclass
class Opened:
    """Something that can only be closed once it may."""

    may: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    closed: bool = False

    def close(self) -> None:
        assert self.may.wait(10)
        if self.error:
            raise self.error
        self.closed = True


def test_nobody_waits_for_it_before_the_end() -> None:
    opened = Opened()
    with Closing(nobody) as closing:
        closing.close("media", opened)
        assert not opened.closed
        opened.may.set()
    assert opened.closed


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EngineFailed("removing a container failed"), "removing a container failed"),
        (RuntimeError("odd"), "RuntimeError: odd"),
    ],
)
def test_a_helper_that_stays_spoils_nothing_and_is_told_of(error: Exception, said: str) -> None:
    told: list[Event] = []
    first, second = Opened(error=error), Opened()
    with Closing(told.append) as closing:
        for volume, opened in (("media", first), ("cache", second)):
            closing.close(volume, opened)
            opened.may.set()
    assert second.closed
    assert told == [Warned("media", f"a helper container may be left: {said}")]


def test_all_is_closed_after_a_failure_too() -> None:
    opened = Opened()
    opened.may.set()

    def run() -> None:
        with Closing(nobody) as closing:
            closing.close("media", opened)
            raise EngineFailed("the run failed")

    with pytest.raises(EngineFailed, match="the run failed"):
        run()
    assert opened.closed
