"""A person at a terminal: a shell in a pseudo-terminal, which is typed into when it asks."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from features.world.commands import PATIENCE_S, Run

Replies = Mapping[str, Sequence[str]]
"""What is typed when the last line on the screen ends with the key: one after the other, and after the last
of them the end of input (Ctrl-D)."""

_PROMPT = re.compile("⟨([0-9]+)⟩ $".encode())
_SETTINGS = {"PS1": "⟨$?⟩ ", "PS2": "", "TERM": "xterm", "HISTFILE": ""}
_SHELL = ("setsid", "--ctty", "bash", "--norc", "--noprofile", "--noediting", "-i")
_PIECES = re.compile(
    r"\x1b\[(?P<number>\d*)(?P<move>[AK])|\x1b(?:\[[\d;?]*[A-Za-z]|[=>]|\][^\a]*\a)|[\r\n]|[^\x1b\r\n]+"
)
_END_OF_INPUT = "\x04"
_ROWS, _COLUMNS = 60, 160


class Terminal:
    """A shell of a person who works in `directory`. A context manager: it ends with the block."""

    def __init__(self, directory: Path, env: Mapping[str, str], around: Sequence[str] = ()) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._shell = subprocess.Popen(
            [*around, *_SHELL],
            cwd=directory,
            env={**env, **_SETTINGS},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._until_prompt({})

    def run(self, line: str, replies: Replies) -> Run:
        """Type a command line, answer what it asks, and return what was on the screen until the next prompt.

        Raises AssertionError when it goes on for too long, as it does when it asks for something else.
        """
        started = time.monotonic()
        self._type(line + "\n")
        screen, code = self._until_prompt(replies)
        return Run(line, code, screen.removeprefix(f"{line}\n"), "", time.monotonic() - started)

    def _until_prompt(self, replies: Replies) -> tuple[str, int]:
        left = {question: list(answers) for question, answers in replies.items()}
        deadline = time.monotonic() + PATIENCE_S
        screen, answered = b"", 0
        while True:
            screen += self._read(deadline, screen)
            if prompt := _PROMPT.search(screen):
                return _shown(screen[: prompt.start()]).rstrip("\n"), int(prompt[1])
            fresh = _shown(screen[answered:]).rpartition("\n")[2].rstrip()
            for question, answers in left.items():
                if fresh.endswith(question):
                    self._type(answers.pop(0) + "\n" if answers else _END_OF_INPUT)
                    answered = len(screen)
                    break

    def _read(self, deadline: float, screen: bytes) -> bytes:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"the terminal waits for something:\n{_shown(screen)[-2000:]}"
        try:
            return os.read(self._ours, 1 << 16)
        except OSError as error:
            raise AssertionError(f"the shell ended:\n{_shown(screen)[-2000:]}") from error

    def _type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # The terminal is gone: the kernel tells the shell and all that it started.
        os.close(self._ours)
        self._shell.wait(PATIENCE_S)


def _shown(screen: bytes) -> str:
    """What a person sees in the end, where progress is written over itself: of what moves the cursor, only
    going up, back to the beginning of the line, and erasing the rest of it are understood."""
    lines, row, column = [""], 0, 0
    for piece in _PIECES.finditer(screen.decode("utf-8", "replace")):
        text = piece[0]
        if piece["move"] == "A":
            row = max(0, row - int(piece["number"] or 1))
        elif piece["move"] == "K":
            lines[row] = "" if piece["number"] == "2" else lines[row][:column]
        elif text == "\r":
            column = 0
        elif text == "\n":
            row, column = row + 1, 0
            lines += [""] * (row == len(lines))
        elif not text.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
    return "\n".join(lines)
