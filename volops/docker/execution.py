"""A program in a container, and all that it says.

Two seconds after a program's end the engine closes its output, whether all of it was taken or not, and does
not tell (moby 26.1, daemon/monitor.go, ProcessEvent). So a program's shell stays until we have its last word.
The end of an input that comes before the engine's shim has opened the program's named pipe is lost, and the
program waits for ever: the shim's open for reading needs a writer, and there will be none (fifo(7); one in
some thousand short programs, containerd 1.6). So each input begins with a line, which the shell takes away:
once that has gone through, the pipe is open at both ends.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from docker.errors import NotFound
from docker.utils import socket as docker_socket
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from volops.docker.failures import doing
from volops.errors import EngineFailed

_NOTED_S = 5
_WHOLE = b"\0volops:whole\0"
_STAY = r"""
code=$?
printf '\000volops:whole\000'
printf '\000volops:whole\000' >&2
"""
_OPENING = b"\n"
_FED = 'read -r _; exec "$@"'
_WITHOUT_INPUT = f'read -r _; (exec "$@") </dev/null {_STAY} read -r _; exit "$code"'
_WITH_INPUT = f'read -r _; head -c "$0" | (exec "$@") {_STAY} cat >/dev/null; exit "$code"'
_NOT_STARTED = 126
"""From here on an exit code may be the engine's, of a shell that is not there, or that of a kill."""
_frames: Callable[..., Iterator[tuple[int, bytes]]] = docker_socket.frames_iter


def fed(argv: Sequence[str]) -> list[str]:
    """The command line of a program that reads all its standard input. Takes /bin/sh."""
    return ["/bin/sh", "-c", _FED, "sh", *argv]


def staying(argv: Sequence[str], data: bytes | None) -> list[str]:
    """The command line of a program that gets `data`, or nothing, as its standard input, and whose shell
    stays until its input is ended. Takes /bin/sh, and `head` for input."""
    if data is None:
        return ["/bin/sh", "-c", _WITHOUT_INPUT, "sh", *argv]
    return ["/bin/sh", "-c", _WITH_INPUT, str(len(data)), *argv]


class DockerExec:
    """`volops.engine.Exec` over the hijacked connection of one exec instance. Its command line is
    one of `staying`, or without `stays` one of `fed`."""

    def __init__(self, api: Any, exec_id: str, stream: Any, data: bytes | None, *, stays: bool) -> None:
        self._api, self._id, self._stream = api, exec_id, stream
        self._whole = None if not stays else {1: _End(), 2: _End()}
        # The SDK gives only the file-like wrapper; half-closing standard input needs the socket under it.
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._socket.settimeout(None)
        self._ended = False
        self.write(_OPENING)
        if data:
            threading.Thread(target=self.write, args=(data,), daemon=True).start()

    def write(self, data: bytes) -> bool:
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def end_input(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def output(self) -> Iterator[tuple[int, bytes]]:
        with doing("reading a program's output"):
            try:
                frames = _frames(self._stream, tty=False)
                yield from frames if self._whole is None else self._to_the_end(frames, self._whole)
            finally:
                self._hang_up()
            self._ended = True

    def _to_the_end(
        self, frames: Iterator[tuple[int, bytes]], ends: Mapping[int, _End]
    ) -> Iterator[tuple[int, bytes]]:
        staying = True
        for channel, chunk in frames:
            known = ends[channel].passed(chunk)
            if known:
                yield channel, known
            if staying and all(end.seen for end in ends.values()):
                staying = False
                self.end_input()
        for channel, end in ends.items():
            if not end.seen and end.held:
                yield channel, end.held

    def _hang_up(self) -> None:
        """An engine whose output nobody takes can do nothing more with the container."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        self._socket.close()

    def exit_code(self) -> int | None:
        with doing("asking for an exit code"):
            answer = self._answer()
        code: int | None = None if answer is None or answer["Running"] else answer["ExitCode"]
        if self._was_cut and code is not None and 0 <= code < _NOT_STARTED:
            raise EngineFailed(
                "the engine did not give all that a program in a container said",
                next_step="see whether the machine is overloaded, then run again",
            )
        return code

    @property
    def _was_cut(self) -> bool:
        return self._ended and self._whole is not None and not all(end.seen for end in self._whole.values())

    def _answer(self) -> dict[str, Any] | None:
        """The engine closes a program's output a moment before it notes the program's end."""
        waiting = Retrying(
            retry=retry_if_result(lambda answer: self._ended and answer is not None and answer["Running"]),
            stop=stop_after_delay(_NOTED_S),
            wait=wait_fixed(0.02),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        answer: dict[str, Any] | None = waiting(self._inspect)
        return answer

    def _inspect(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._api.exec_inspect(self._id)
        except NotFound:
            return None
        return found


class _End:
    """One of the two outputs of a program that stays: tells the program's own from the mark at its end."""

    def __init__(self) -> None:
        self.seen = False
        self.held = b""

    def passed(self, chunk: bytes) -> bytes:
        """What is certainly the program's own, of all that was held back before and of `chunk`."""
        if self.seen:
            return chunk
        found = self.held + chunk
        if found.endswith(_WHOLE):
            self.seen = True
            self.held = b""
            return found.removesuffix(_WHOLE)
        kept = next(size for size in range(len(_WHOLE), -1, -1) if found.endswith(_WHOLE[:size]))
        self.held = found[len(found) - kept :]
        return found[: len(found) - kept]
