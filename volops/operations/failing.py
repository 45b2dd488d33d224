"""What is raised when a restore ended in an error, once what it had done is undone."""

from __future__ import annotations

from typing import NoReturn

from volops.errors import RestoreFailed, RollbackFailed, VolopsError
from volops.journal import Journal, Step


def fail(journal: Journal | None, error: BaseException) -> NoReturn:
    """Raise `error` as a RestoreFailed: the live data is as it was. Where the journal told that the new data
    was known to work already, what is raised says that it stands."""
    if journal is not None and journal.step is Step.KEEP:
        raise VolopsError(
            f"the {journal.operation} stands, but its end was disturbed: {str(error) or 'interrupted'}",
            next_step="see `volops status`",
        ) from error
    if isinstance(error, RestoreFailed | RollbackFailed):
        raise error
    if isinstance(error, VolopsError):
        raise RestoreFailed(error.message, next_step=error.next_step) from error
    raise RestoreFailed("interrupted: the live data is as it was") from error
