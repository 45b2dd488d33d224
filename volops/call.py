"""What a plugin's command gets of the call of `volops` that it runs in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from volops.model import Stack


class Printer(Protocol):
    """Where a command's words go: as people, pipes and programs want them."""

    def note(self, text: str) -> None:
        """Print one line about what was done; nothing under `--quiet` or `--json`."""
        ...

    def line(self, text: str) -> None:
        """Print one line of what was asked for; nothing under `--json`."""
        ...

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print rows under titles; nothing under `--json`. On a terminal the last column folds."""
        ...

    def warn(self, text: str) -> None:
        """Print a warning on standard error."""
        ...

    def document(self, content: Mapping[str, Any]) -> None:
        """Print the one object of this run; nothing without `--json`."""
        ...


class Call(Protocol):
    """One call of `volops`, with the global options that stand before the command."""

    @property
    def output(self) -> Printer:
        """Where to print."""
        ...

    @property
    def stack(self) -> Stack:
        """The compose project, read when first asked for. Raises VolopsError when there is none."""
        ...

    def volops(self, *arguments: str) -> int:
        """Run another verb on the same project and the same backups, `volops("backup", "--all")`, and return
        its exit code; what it prints goes where this command's own words go."""
        ...
