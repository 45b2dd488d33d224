"""The events of a run as a person or a log wants them: a bar while a volume is worked on, a line after it."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from volops.cli.observing import Observers
from volops.cli.units import duration, size
from volops.errors import EXIT_DONE
from volops.events import Event, Progress, RunFinished, RunStarted, VolumeFinished, VolumeStarted, Warned
from volops.model import Outcome, OutcomeStatus

if TYPE_CHECKING:
    from volops.cli.bar import Bar
    from volops.cli.output import Output
    from volops.plugins import Registry

_GOOD = {"verify": "good", "prove": "proven"}
"""What a volume is called that came out well, where more can be said than that it is done."""
_STYLES = {OutcomeStatus.SKIPPED: "dim", OutcomeStatus.FAILED: "bold red"}


class Reporter:
    """Called with each event; passes it on to the plugins that observe.

    A context manager. When the run ends well what failed in it is said once more, on standard error; when
    it breaks off its own error is said by who catches it, and the plugins are told how it ended. `exit_code`
    is the run's, once it is finished.
    """

    def __init__(self, output: Output, registry: Registry) -> None:
        self._output = output
        self._observers = Observers(registry)
        self._bar: Bar | None = None
        self._width = 0
        self._good = ""
        self._warned: set[tuple[str, str]] = set()
        self._failures: list[Outcome] = []
        self.exit_code = EXIT_DONE

    @property
    def live(self) -> bool:
        """True when a person watches."""
        return sys.stderr.isatty() and not (self._output.quiet or self._output.json)

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_bar()
        for warning in self._observers.end(error) if error else ():
            self._output.warn(warning)
        for failure in self._failures if error is None else ():
            told = f"{failure.volume}: {failure.reason}"
            self._output.error(f"{told}: {failure.next_step}" if failure.next_step else told)

    def __call__(self, event: Event) -> None:
        """Show the event."""
        match event:
            case RunStarted():
                self._width = max(map(len, event.volumes), default=0)
                self._good = _GOOD.get(event.operation, "")
            case VolumeStarted():
                self._begin_bar(event)
            case Progress() if self._bar:
                self._bar.advance(event.done_bytes, event.expected_bytes)
            case Warned():
                self._warn(event.volume, event.message)
            case VolumeFinished():
                self._end_bar()
                self._finished(event.outcome)
            case RunFinished():
                self.exit_code = event.exit_code
        for warning in self._observers.tell(event):
            self._output.warn(warning)

    def _begin_bar(self, event: VolumeStarted) -> None:
        if self.live:
            from volops.cli.bar import Bar

            self._bar = Bar(event.volume.ljust(self._width), event.expected_bytes)

    def _end_bar(self) -> None:
        if self._bar:
            self._bar.close()
            self._bar = None

    def _warn(self, volume: str, message: str) -> None:
        if (volume, message) not in self._warned:
            self._warned.add((volume, message))
            self._output.warn(f"{volume}: {message}" if volume else message)

    def _finished(self, outcome: Outcome) -> None:
        for warning in outcome.warnings:
            self._warn(outcome.volume, warning)
        if outcome.status is OutcomeStatus.FAILED:
            self._failures.append(outcome)
        done = outcome.status is OutcomeStatus.DONE
        status = self._good if self._good and done else outcome.status.value
        line = f"{outcome.volume.ljust(self._width)}  {status:<7}  {self._said(outcome)}"
        self._output.note(line.rstrip(), _STYLES.get(outcome.status, ""))

    def _said(self, outcome: Outcome) -> str:
        if outcome.status is OutcomeStatus.DONE:
            took = f"{size(outcome.size)} in {duration(outcome.seconds)}"
            return took if self._good else f"{took}, {size(outcome.stored_size)} stored"
        if outcome.status is OutcomeStatus.RECIPE:
            return "how to make it again is kept, not its files (--all keeps them)"
        return outcome.reason
