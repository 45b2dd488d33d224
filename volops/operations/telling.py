"""Telling of a run that has no outcomes of volumes: that it began, and that it ended well."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from volops.errors import EXIT_DONE
from volops.model import RunFinished, RunStarted
from volops.operations.volume_dump import Emit


@contextlib.contextmanager
def told_as_run(emit: Emit, operation: str, name: str, volumes: Sequence[str]) -> Iterator[None]:
    """The run goes on within. Of one that raises, who hears the error tells that it ended, and how."""
    emit(RunStarted(operation, name, tuple(volumes)))
    yield
    emit(RunFinished(operation, name, (), EXIT_DONE))


def unheard(event: object) -> None:
    """Where nobody listens."""
    del event
