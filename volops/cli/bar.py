"""One progress bar, on standard error of a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text


class _Time(ProgressColumn):
    """Time left where the whole is known, else the time it has taken so far."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        if task.total is None:
            return TimeElapsedColumn().render(task).append(" so far")
        return TimeRemainingColumn().render(task).append(" left")


class Bar:
    """Bytes done, rate, and time left where the whole is known; gone when closed."""

    def __init__(self, title: str, total: int | None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            _Time(),
            console=Console(stderr=True),
            transient=True,
        )
        self._total = total or None
        self._task = self._progress.add_task(title, total=self._total)
        self._progress.start()

    def advance(self, done: int, total: int | None) -> None:
        """`done` bytes have passed so far, of `total` where that is known by now; what was estimated too low
        gives way."""
        self._total = self._total or total or None
        # Not by update(), which leaves a total as it is when it is to be forgotten.
        self._progress.tasks[0].total = self._total if self._total and done <= self._total else None
        self._progress.update(self._task, completed=done)

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()
