"""What plugins that observe are told of a run: it has an end, whatever ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from volops.errors import EXIT_FAILED, EXIT_INTERRUPTED, VolopsError
from volops.model import Event, Outcome, OutcomeStatus, RunFinished, RunStarted, VolumeFinished, VolumeStarted

if TYPE_CHECKING:
    from volops.plugins import Registry


class Observers:
    """Passes events on, and knows what is under way."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._run: RunStarted | None = None
        self._volume: VolumeStarted | None = None
        self._outcomes: list[Outcome] = []

    def tell(self, event: Event) -> tuple[str, ...]:
        """Tell of the event; the warnings are about observers that raised."""
        match event:
            case RunStarted():
                self._run, self._volume, self._outcomes = event, None, []
            case VolumeStarted():
                self._volume = event
            case VolumeFinished():
                self._volume = None
                self._outcomes.append(event.outcome)
            case RunFinished():
                self._run = None
        return self._registry.emit(event)

    def end(self, error: BaseException) -> tuple[str, ...]:
        """Tell that what is under way was ended by this error: the volume has failed, and the run."""
        warnings: tuple[str, ...] = ()
        if self._volume:
            volume = self._volume
            message = error.message if isinstance(error, VolopsError) else str(error) or "interrupted"
            step = error.next_step if isinstance(error, VolopsError) else ""
            failed = Outcome(volume.volume, volume.type, OutcomeStatus.FAILED, message, step)
            warnings += self.tell(VolumeFinished(failed))
        if self._run:
            run = self._run
            ended = RunFinished(run.operation, run.name, tuple(self._outcomes), _exit_code(error))
            warnings += self.tell(ended)
        return warnings


def _exit_code(error: BaseException) -> int:
    """What the process returns for it."""
    if isinstance(error, VolopsError):
        return error.exit_code
    return EXIT_INTERRUPTED if isinstance(error, KeyboardInterrupt) else EXIT_FAILED
