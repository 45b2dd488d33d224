"""Who uses the application while it is backed up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from features.world.application import Application


class Bystander:
    """Does something again and again, without a pause to speak of, until it is told to stop."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def _go_on(self) -> None:
        while not self._over.wait(0.02):
            self._act()

    def stop(self) -> None:
        """End it; fine when it ended before."""
        self._over.set()
        self._thread.join()


class Reader(Bystander):
    """Somebody who asks for the application's status page. `answers` are the HTTP status codes."""

    def __init__(self, application: Application) -> None:
        self.answers: list[int] = []
        self._application = application
        super().__init__(self._read)

    def _read(self) -> None:
        self.answers.append(self._application.get("/api/status/").status_code)
