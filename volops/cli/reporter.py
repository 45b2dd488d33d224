"""The events of a run as a person or a log wants them: a bar while a volume is worked on, a line after it."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from volops.cli.units import duration, size
from volops.model import (
    Event,
    Outcome,
    OutcomeStatus,
    Progress,
    RunStarted,
    VolumeFinished,
    VolumeStarted,
)

if TYPE_CHECKING:
    from volops.cli.bar import Bar
    from volops.cli.output import Output
    from volops.plugins import Registry

_STYLES = {OutcomeStatus.SKIPPED: "dim", OutcomeStatus.FAILED: "bold red"}


class Reporter:
    """Called with each event; passes it on to the plugins that observe. A context manager: a bar that is
    still shown when the run breaks off is taken away.
    """

    def __init__(self, output: Output, registry: Registry) -> None:
        self._output = output
        self._registry = registry
        self._bar: Bar | None = None
        self._width = 0

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

    def __call__(self, event: Event) -> None:
        """Show the event."""
        match event:
            case RunStarted():
                self._width = max(map(len, event.volumes), default=0)
            case VolumeStarted():
                self._begin_bar(event)
            case Progress() if self._bar:
                self._bar.advance(event.done_bytes)
            case VolumeFinished():
                self._end_bar()
                self._finished(event.outcome)
        for warning in self._registry.emit(event):
            self._output.warn(warning)

    def _begin_bar(self, event: VolumeStarted) -> None:
        if self.live:
            from volops.cli.bar import Bar

            self._bar = Bar(event.volume.ljust(self._width), event.expected_bytes)

    def _end_bar(self) -> None:
        if self._bar:
            self._bar.close()
            self._bar = None

    def _finished(self, outcome: Outcome) -> None:
        for warning in outcome.warnings:
            self._output.warn(f"{outcome.volume}: {warning}")
        if outcome.status is OutcomeStatus.FAILED:
            reason = f"{outcome.reason}: {outcome.next_step}" if outcome.next_step else outcome.reason
            self._output.error(f"{outcome.volume}: {reason}")
        status, said = outcome.status.value, _said(outcome)
        line = f"{outcome.volume.ljust(self._width)}  {status:<7}  {said}"
        self._output.note(line.rstrip(), _STYLES.get(outcome.status, ""))


def _said(outcome: Outcome) -> str:
    if outcome.status is OutcomeStatus.DONE:
        took = duration(outcome.seconds)
        return f"{size(outcome.size)} in {took}, {size(outcome.stored_size)} stored"
    if outcome.status is OutcomeStatus.RECIPE:
        return "how to make it again is kept, not its files (--all keeps them)"
    return outcome.reason
