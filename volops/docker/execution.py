"""A program in a container, and what it says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from docker.errors import NotFound
from docker.utils import socket as docker_socket
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from volops.docker.failures import doing
from volops.engine import Exec
from volops.shell import Output

_NOTED_S = 5
_frames: Callable[..., Iterator[tuple[int, bytes]]] = docker_socket.frames_iter


class DockerExec:
    """`volops.engine.Exec` over the hijacked connection of one exec instance."""

    def __init__(self, api: Any, exec_id: str, stream: Any, data: bytes | None) -> None:
        self._api, self._id, self._stream = api, exec_id, stream
        # The SDK gives only the file-like wrapper; half-closing standard input needs the socket under it.
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._socket.settimeout(None)
        self._ended = False
        if data is not None:
            threading.Thread(target=self._feed, args=(data,), daemon=True).start()

    def _feed(self, data: bytes) -> None:
        if self.write(data):
            self.end_input()

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
                yield from _frames(self._stream, tty=False)
            finally:
                self._hang_up()
            self._ended = True

    def _hang_up(self) -> None:
        """An engine whose output nobody takes can do nothing more with the container."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        self._socket.close()

    def exit_code(self) -> int | None:
        with doing("asking for an exit code"):
            answer = self._answer()
        return None if answer is None or answer["Running"] else answer["ExitCode"]

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


def collect(program: Exec) -> Output:
    """Read a short program's output to its end; exit code -1 when its container was lost."""
    out, err = bytearray(), bytearray()
    for channel, chunk in program.output():
        (out if channel == 1 else err).extend(chunk)
    code = program.exit_code()
    return Output(-1 if code is None else code, bytes(out), err.decode("utf-8", "replace"))
