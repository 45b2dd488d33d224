"""What observers are told of a run while it goes on."""

from __future__ import annotations

from dataclasses import dataclass

from volops.model import Outcome


@dataclass(frozen=True, slots=True)
class Event:
    """Something an observer may want to know; see the subclasses."""


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A run of `operation` (backup, backup-db, bundle, verify, prove, restore, rollback, commit, or a verb of
    cleaning) began on `volumes` (keys). `name` is that of the backup, or of the project where none is meant.
    """

    operation: str
    name: str
    volumes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VolumeStarted(Event):
    """Work on one volume began; `expected_bytes` is an estimate for a progress bar, or None."""

    volume: str
    type: str
    expected_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """`done_bytes` plain bytes of `volume` have passed so far (of all its artifacts together), of as many as
    `expected_bytes`, where by now an estimate is known that VolumeStarted had not."""

    volume: str
    done_bytes: int
    expected_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """Something is odd and the run goes on; the warning is also kept in the manifest."""

    volume: str
    message: str


@dataclass(frozen=True, slots=True)
class VolumeFinished(Event):
    """Work on one volume ended, or it was left out. Without its VolumeStarted it was not begun."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class RunFinished(Event):
    """The run ended, well or not; `exit_code` is what the process returns for it. `outcomes` are those of the
    volumes that it came to; of one that rolls back, commits or cleans, none."""

    operation: str
    name: str
    outcomes: tuple[Outcome, ...]
    exit_code: int
