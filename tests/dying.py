"""Processes that are killed, as by `kill -9`, at a chosen point of their work."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

DIES_AT = """
import os, signal, sys
from volops import journal

write = journal.JournalFile.write
def write_then_die(self, noted):
    write(self, noted)
    if noted.step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
journal.JournalFile.write = write_then_die
"""
"""The beginning of a program that dies once the journal is at the step that its second argument names."""
_STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree"}


def killed_before_step(number: int, root: Path, work: Callable[[], None]) -> bool:
    """Do `work` in a child that dies before its `number`-th change of anything below `root`.

    Return False when the work ended before so many steps. The steps are the interpreter's own audit
    events (PEP 578): every file it opens, renames or removes.
    """
    child = os.fork()
    if child == 0:
        _be_the_child(number, root, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the work failed in the child: see its output"
    return False


def _be_the_child(number: int, root: Path, work: Callable[[], None]) -> None:
    left = number

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in _STEPS and str(root) in repr(arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        sys.addaudithook(watch)
        work()
        code = 0
    finally:
        os._exit(code)
