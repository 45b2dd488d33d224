"""Where words go: tables and colour on a terminal, plain lines into a pipe, one object under `--json`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from rich.console import Console

PROGRAM = "volops"


class Output:
    """Standard output and standard error of one run.

    A reader that goes away (`volops list | head -1`) is no failure: what follows is dropped, the work
    itself goes on. It goes on, too, where what is printed cannot be written (a log on a full disk); why not
    is in `lost` then.
    """

    def __init__(self, *, json: bool, quiet: bool) -> None:
        self.json = json
        self.quiet = quiet
        self.lost = ""

    @property
    def terminal(self) -> bool:
        """True when a person looks at standard output."""
        return not self.json and sys.stdout.isatty()

    @cached_property
    def console(self) -> Console:
        """Standard output for rich; for use on a terminal only."""
        from rich.console import Console

        return Console(highlight=False, markup=False, emoji=False)

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line of what was asked for; nothing under `--json`."""
        if self.json:
            return
        if style and self.terminal:
            self.console.print(plain(text), style=style, soft_wrap=True)
        else:
            self._write(sys.stdout, plain(text) + "\n")

    def text(self, text: str) -> None:
        """Print text for a program as it is, under all options."""
        self._write(sys.stdout, text)

    def note(self, text: str = "", style: str = "") -> None:
        """Print one line about what was done; nothing under `--quiet` or `--json`."""
        if not self.quiet:
            self.line(text, style)

    def warn(self, text: str) -> None:
        """Print a warning on standard error."""
        self._write(sys.stderr, f"{PROGRAM}: {_coloured('warning', 'yellow')}: {plain(text)}\n")

    def alarm(self, text: str) -> None:
        """Print a warning of lasting loss on standard error, all of it in red."""
        self._write(sys.stderr, _coloured(f"{PROGRAM}: WARNING: {plain(text)}", "red") + "\n")

    def error(self, text: str) -> None:
        """Print an error on standard error."""
        self._write(sys.stderr, f"{PROGRAM}: {_coloured('error', 'red')}: {plain(text)}\n")

    def document(self, content: Mapping[str, Any]) -> None:
        """Print the one object of this run; nothing without `--json`."""
        if self.json:
            text = json.dumps(content, indent=2, ensure_ascii=False, default=_as_json)
            self._write(sys.stdout, text + "\n")

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: str = "") -> None:
        """Print rows under titles; the column titled `right` is flush right.

        On a terminal the last column folds when it is narrow; into a pipe each row is one whole line.
        """
        if self.json:
            return
        shown = [[plain(cell) for cell in row] for row in rows]
        if self.terminal:
            self._rich_table(titles, shown, right)
        else:
            self._plain_table(titles, shown, right)

    def _write(self, stream: TextIO, text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.lost = error.strerror or str(error)
            with Path(os.devnull).open("w") as nowhere:
                os.dup2(nowhere.fileno(), stream.fileno())

    def _rich_table(self, titles: Sequence[str], rows: Sequence[Sequence[str]], right: str) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for title in titles:
            table.add_column(
                title,
                justify="right" if title == right else "left",
                overflow="fold",
                no_wrap=title != titles[-1],
            )
        for row in rows:
            table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
        self.console.print(table)

    def _plain_table(self, titles: Sequence[str], rows: Sequence[Sequence[str]], right: str) -> None:
        widths = [max(len(line[column]) for line in (titles, *rows)) for column in range(len(titles))]
        for line in (titles, *rows):
            cells = [
                cell.rjust(width) if title == right else cell.ljust(width)
                for title, cell, width in zip(titles, line, widths, strict=True)
            ]
            self.line("  ".join(cells).rstrip())


_STYLES = {
    "critical": "bold red",
    "important": "yellow",
    "never": "yellow",
    "healthy": "green",
    "complete": "green",
    "ok": "green",
    "broken": "bold red",
    "partial": "bold yellow",
    "unhealthy": "bold red",
    "unreadable": "bold red",
}


def plain(text: str) -> str:
    """The text on one line, control characters (a file's name may hold any) shown by their escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shown_path(path: Path | str) -> str:
    """The path as a person here would write it: relative when it lies below the working directory. Where
    backups are that lie in no directory stays as it is."""
    try:
        return f"./{Path(path).relative_to(Path.cwd())}"
    except ValueError:
        return str(path)


def _coloured(word: str, colour: str) -> str:
    """The word as standard error should show it; NO_COLOR is a convention (no-color.org)."""
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        return click.style(word, fg=colour, bold=True)
    return word


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
