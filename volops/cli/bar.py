"""One progress bar, on standard error of a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Bar:
    """Bytes done, rate, and time left where the whole is known; gone when closed."""

    def __init__(self, title: str, total: int | None) -> None:
        time = TimeRemainingColumn() if total else TimeElapsedColumn()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            time,
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(title, total=total or None)
        self._total = total
        self._progress.start()

    def advance(self, done: int) -> None:
        """`done` bytes have passed so far; an estimate that was too low gives way."""
        if self._total and done > self._total:
            self._progress.update(self._task, total=None)
        self._progress.update(self._task, completed=done)

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()
