"""`volops.volume_type.Shell` in containers: a service's own, and helpers."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeVar

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from volops.engine import Engine, Exec, collect
from volops.errors import EngineFailed, EngineUnavailable, HelperLost, ProducerFailed
from volops.mover.announced import Announced, announcing
from volops.mover.beginning import begun
from volops.mover.helper import Helper
from volops.mover.pipe import Outlet, Pipe, Watch
from volops.mover.starting import PIPES
from volops.shell import Output

_KILLED = 128 + 9
_WHY_GONE = "see what stopped it (`docker events`, memory limits), then run again"
_ENDING_S = 2.0

Laid = TypeVar("Laid", Pipe, Outlet)


class ContainerShell:
    """A shell in a container that runs already; output comes through the engine's API."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine, self._container = engine, container

    def run(self, *argv: str, input: bytes = b"", user: str = "", ok: Collection[int] = (0,)) -> Output:
        with self._there(argv):
            output = collect(self._started(argv, user, input or None))
        if output.code not in ok:
            raise self._failure(argv, output.code, output.stderr or output.text)
        return output

    @begun
    def stream(
        self,
        *argv: str,
        ok: Collection[int] = (0,),
        on_stderr: Callable[[str], None] | None = None,
    ) -> Generator[bytes, None, None]:
        with self._there(argv):
            program = self._engine.exec(self._container, announcing(argv))
        announced = Announced(program)
        try:
            yield b""
            yield from announced.output()
        except BaseException:
            self._end(announced.hang_up())
            raise
        self._finish(program, argv, ok, announced.stderr(), on_stderr)

    def feed(self, chunks: Iterable[bytes], *argv: str, user: str = "", ok: Collection[int] = (0,)) -> Output:
        with self._there(argv):
            program = self._engine.exec(self._container, argv, user=user, reading=True)
        watch = Watch(program)
        listening = True
        for chunk in chunks:
            listening = listening and program.write(chunk)
        program.end_input()
        return self._fed(program, argv, watch, ok)

    def _started(self, argv: Sequence[str], user: str = "", data: bytes | None = None) -> Exec:
        """A short program, or one whose output goes elsewhere."""
        return self._engine.exec(self._container, argv, user=user, input=data)

    def _fed(self, program: Exec, argv: tuple[str, ...], watch: Watch, ok: Collection[int]) -> Output:
        watch.join()
        self._finish(program, argv, ok, watch.tail.text(), None)
        return Output(program.exit_code() or 0, watch.output.text().encode(), watch.tail.text())

    def _end(self, group: str) -> None:
        """Kill a program that nobody reads any more, and all it started: the engine lets it run on."""
        if group:
            with contextlib.suppress(EngineFailed, EngineUnavailable):
                self._engine.run(self._container, ["/bin/sh", "-c", f"kill -9 -{group}"])

    def _finish(
        self,
        program: Exec,
        argv: tuple[str, ...],
        ok: Collection[int],
        stderr: str,
        on_stderr: Callable[[str], None] | None,
    ) -> None:
        code = program.exit_code()
        if on_stderr is not None:
            on_stderr(stderr)
        if code not in ok:
            raise self._failure(argv, code, stderr)

    def _failure(self, argv: tuple[str, ...], code: int | None, stderr: str) -> ProducerFailed | HelperLost:
        name = _called(argv)
        if code in (None, -1) or self._is_gone(_ENDING_S if code == _KILLED else 0):
            return HelperLost(f"the container in which {name} ran ended under it", next_step=_WHY_GONE)
        if code == _KILLED:
            return ProducerFailed(f"{name} was killed", next_step="see memory limits, run again")
        lines = [line.strip() for line in stderr.splitlines() if line.strip()]
        said = "; ".join(lines[-3:]) or "it said nothing"
        return ProducerFailed(f"{name} failed with exit code {code}: {said}")

    @contextlib.contextmanager
    def _there(self, argv: tuple[str, ...]) -> Iterator[None]:
        """Raise HelperLost when the engine could not start a program because the container is gone."""
        try:
            yield
        except EngineFailed as error:
            if not self._is_gone(_ENDING_S):
                raise
            raise HelperLost(
                f"the container in which {_called(argv)} was to run is gone", next_step=_WHY_GONE
            ) from error

    def _is_gone(self, patience_s: float) -> bool:
        """Whether the container ended. A killed container's programs end a moment before the engine knows."""
        waiting = Retrying(
            retry=retry_if_result(lambda gone: not gone),
            stop=stop_after_delay(patience_s),
            wait=wait_fixed(0.05),
            retry_error_callback=lambda _: False,
        )
        return bool(waiting(lambda: not self._engine.running(self._container)))


class HelperShell(ContainerShell):
    """A shell in a helper; long output comes through a named pipe where that works."""

    def __init__(self, engine: Engine, helper: Helper) -> None:
        super().__init__(engine, helper.container)
        self._pipes, self._starter = helper.pipes, helper.starter
        self._numbers = itertools.count(1)

    def stream(
        self,
        *argv: str,
        ok: Collection[int] = (0,),
        on_stderr: Callable[[str], None] | None = None,
    ) -> Generator[bytes, None, None]:
        found = self._laid(Pipe)
        if found is None:
            return super().stream(*argv, ok=ok, on_stderr=on_stderr)
        return self._piped(*found, argv, ok, on_stderr)

    @begun
    def _piped(
        self,
        name: str,
        pipe: Pipe,
        argv: tuple[str, ...],
        ok: Collection[int],
        on_stderr: Callable[[str], None] | None,
    ) -> Generator[bytes, None, None]:
        # A program that nobody reads any more ends by writing: its pipe is gone then.
        with pipe:
            with self._there(argv):
                program = self._started(("/bin/sh", "-c", f'exec "$@" >{PIPES}/{name}', "sh", *argv))
            watch = Watch(program)
            yield b""
            yield from pipe.read(watch)
        watch.join()
        self._finish(program, argv, ok, watch.tail.text(), on_stderr)

    def feed(self, chunks: Iterable[bytes], *argv: str, user: str = "", ok: Collection[int] = (0,)) -> Output:
        found = self._laid(Outlet)
        if found is None:
            return super().feed(chunks, *argv, user=user, ok=ok)
        name, outlet = found
        with outlet:
            with self._there(argv):
                program = self._started(("/bin/sh", "-c", f'exec "$@" <{PIPES}/{name}', "sh", *argv), user)
            watch = Watch(program)
            outlet.pour(chunks, watch)
        return self._fed(program, argv, watch, ok)

    def _laid(self, kind: Callable[[Path], Laid]) -> tuple[str, Laid] | None:
        """A new pipe and its name; None where there can be none, or no room for it."""
        name = f"stream-{next(self._numbers)}"
        with contextlib.suppress(OSError):
            if self._pipes is not None:
                return name, kind(self._pipes / name)
        return None

    def _started(self, argv: Sequence[str], user: str = "", data: bytes | None = None) -> Exec:
        program = self._starter.start(argv, user, data) if self._starter else None
        return program or super()._started(argv, user, data)


def _called(argv: tuple[str, ...]) -> str:
    """What a person calls the program: for a shell script the name that it is given as its own."""
    script = len(argv) > 3 and argv[1] == "-c" and PurePosixPath(argv[0]).name == "sh"
    return PurePosixPath(argv[3] if script else argv[0]).name
