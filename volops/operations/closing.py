"""Volumes that are done with, closed while the run goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol

from volops.errors import VolopsError
from volops.events import Event, Warned
from volops.isolation import described

_LEFT = "a helper container may be left"


class Closable(Protocol):
    """What was opened for a volume."""

    def close(self) -> None:
        """End all of it."""
        ...


class Closing:
    """A context manager that ends when all is closed. To end a helper takes the engine 40 ms, in which the
    next volume can be begun. A helper that cannot be ended, for whatever reason, spoils no backup: that is a
    warning at the end of the run, which is in no manifest, since the volume was done by then."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._pool = ThreadPoolExecutor(1, "closing")
        self._closed: list[tuple[str, Future[None]]] = []

    def close(self, volume: str, opened: Closable) -> None:
        """Close what was opened for that volume, soon."""
        self._closed.append((volume, self._pool.submit(opened.close)))

    def __enter__(self) -> Closing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
        for volume, closed in self._closed:
            failed = closed.exception()
            if isinstance(failed, VolopsError):
                self._emit(Warned(volume, f"{_LEFT}: {failed.message}"))
            elif failed is not None:
                self._emit(Warned(volume, described(_LEFT, failed)))
