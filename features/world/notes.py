"""Something that is tried once, and the evidence of it, for every scenario that asks what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from volops.testing.report.records import Exhibit, Recorder

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Tried(Generic[Found]):
    """What came of a trial, or why it could not be carried out, and the evidence that it left."""

    result: Found | Exception
    evidence: tuple[Exhibit, ...]

    def told(self, what: str, recorder: Recorder) -> Found:
        """What came of it; the evidence goes to `recorder`. Raises AssertionError, which names `what`, when
        it could not be carried out."""
        for exhibit in self.evidence:
            recorder.show(exhibit)
        if isinstance(self.result, Exception):
            raise AssertionError(f"{what}: {self.result}")
        return self.result


class Notes(Recorder):
    """Takes the evidence of trials."""

    def __init__(self) -> None:
        super().__init__()
        self._taken: list[Exhibit] = []

    def show(self, exhibit: Exhibit) -> None:
        """Keep it for `taken`."""
        self._taken.append(exhibit)

    def taken(self) -> tuple[Exhibit, ...]:
        """What there is since it was asked for last."""
        taken, self._taken = tuple(self._taken), []
        return taken

    def attempt(self, trial: Callable[[], Found]) -> Tried[Found]:
        """What comes of it."""
        try:
            result: Found | Exception = trial()
        except (AssertionError, OSError) as error:
            result = error
        return Tried(result, self.taken())
