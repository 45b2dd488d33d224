"""The process: signals, the one place where errors become a line and an exit code."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from types import FrameType, TracebackType

import click
from click.exceptions import Exit, NoArgsIsHelpError

from volops.cli.invocation import Invocation
from volops.cli.output import Output
from volops.cli.root import root
from volops.errors import EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, VolopsError

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_COMPLETE = "_VOLOPS_COMPLETE"
_OBJECTS = 50_000


def main() -> int:
    """Run `volops` with this process's arguments and return its exit code."""
    return run(sys.argv[1:], program="volops")


def run(arguments: Sequence[str], *, program: str) -> int:
    """Run one command line. Whatever goes wrong ends as one line on standard error and an exit code.

    A signal to stop unwinds every context first (helpers removed, services thawed); a second one while
    that goes on is ignored, a third ends the process at once.
    """
    _stand_in_for_closed()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    invocation = Invocation()
    if not os.environ.get("VOLOPS_DEBUG"):
        sys.excepthook = partial(_unexpected, invocation)
    interruption = _Interruption()
    for number in _STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interruption)
    try:
        with _seldom_collecting():
            return _invoke(list(arguments), program, invocation)
    except VolopsError as error:
        return _fail(invocation, type(error).__name__, error.message, error.next_step, error.exit_code)
    except click.ClickException as error:
        return _misused(invocation, error, program)
    except KeyboardInterrupt:
        return _fail(invocation, "Interrupted", "interrupted", "", EXIT_INTERRUPTED)
    except SystemExit as left:
        # Nothing of volops does that, and a plugin's code for success is none of the run.
        message = f"a plugin ended the run with sys.exit({left.code!r}) before its work was done"
        return _fail(invocation, "PluginBroken", message, "see `volops plugins`", EXIT_FAILED)


def _invoke(arguments: list[str], program: str, invocation: Invocation) -> int:
    if instruction := os.environ.get(_COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, program, _COMPLETE, instruction)
    try:
        with root.make_context(program, arguments, obj=invocation) as ctx:
            code = int(root.invoke(ctx) or EXIT_DONE)
    except Exit as done:
        code = done.exit_code
    if invocation.output.lost and code == EXIT_DONE:
        invocation.output.error(f"all is done, but not all of it could be printed: {invocation.output.lost}")
        return EXIT_FAILED
    return code


def _stand_in_for_closed() -> None:
    """Where standard streams are closed (`>&-`, some daemons) nothing else must get their numbers: what a
    child prints would go there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - for the whole run


@contextlib.contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for garbage in many objects at a time, and not in what is left when all is done: nearly all that a
    short command makes is what it imports, and that stays to its end."""
    thresholds = gc.get_threshold()
    gc.set_threshold(_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.freeze()


class _Interruption:
    """Turns the first signal into KeyboardInterrupt, which no `except VolopsError` catches."""

    def __init__(self) -> None:
        self._received = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._received += 1
        if self._received == 1:
            raise KeyboardInterrupt
        if self._received == 2:
            os.write(2, b"\nvolops: cleaning up; once more ends it at once and may leave helpers behind\n")
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _fail(invocation: Invocation, kind: str, message: str, next_step: str, code: int) -> int:
    output = Output(json=invocation.json, quiet=False)
    output.error(f"{message}: {next_step}" if next_step else message)
    output.document({"error": {"kind": kind, "message": message, "next_step": next_step, "exit_code": code}})
    return code


def _misused(invocation: Invocation, error: click.ClickException, program: str) -> int:
    if isinstance(error, NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else program
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    return _fail(invocation, "InvalidUse", message, f"see `{command} --help`", EXIT_USAGE)


def _unexpected(
    invocation: Invocation, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """An excepthook: after it Python ends the process with 1."""
    del trace
    message = f"unexpected {kind.__name__}: {error}"
    _fail(invocation, "Unexpected", message, "run it again with VOLOPS_DEBUG=1 and report", EXIT_FAILED)
