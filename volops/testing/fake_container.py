"""Volumes and containers of the fake engine."""

from __future__ import annotations

import io
import posixpath
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from volops.engine import ContainerInfo, VolumeInfo
from volops.errors import EngineFailed
from volops.testing.fake_programs import Call, Program, Running, run

_POLL_S = 0.05


@dataclass(slots=True)
class FakeVolume:
    """A volume in memory: `files` is content by path below its root."""

    info: VolumeInfo
    files: dict[str, bytes] = field(default_factory=dict)


class FakeContainer:
    """A container in memory: its state, its mounts, and the programs that run in it."""

    def __init__(
        self,
        info: ContainerInfo,
        volumes: Mapping[str, FakeVolume],
        programs: Mapping[str, Program],
        argv: tuple[str, ...] = ("sleep", "infinity"),
    ) -> None:
        self._info = info
        self._volumes = volumes
        self._programs = programs
        self._argv = argv
        self._own: dict[str, bytes] = {}
        self._ended = threading.Event()
        self.state = info.state

    @property
    def info(self) -> ContainerInfo:
        """What the engine tells of it now."""
        return replace(self._info, state=self.state, status=self.state)

    def start(self, *, then: threading.Event | None = None) -> None:
        """Run its main program; set `then` once that has ended."""
        self.state = "running"
        self._ended = ended = threading.Event()
        call = Call(self._argv, None, "", self._info.environment, self, ended)

        def main() -> None:
            for _ in run(call, self._programs):
                pass
            if not ended.is_set():
                self.stop()
            if then is not None:
                then.set()

        threading.Thread(target=main, daemon=True).start()

    def stop(self) -> None:
        """End everything that runs in it."""
        if self.state in {"running", "paused"}:
            self.state = "exited"
        self._ended.set()

    def execute(self, argv: tuple[str, ...], user: str, data: bytes | None) -> FakeExec:
        """Start a program in it, which will be written to if `data` is None. Raises EngineFailed unless it
        runs."""
        if self.state != "running":
            raise EngineFailed(f"the engine failed starting a program: {self._info.name} is {self.state}")

        def start(given: bytes) -> Running:
            return run(Call(argv, given, user, self._info.environment, self, self._ended), self._programs)

        return FakeExec(start, data, self._ended)

    def read(self, path: str) -> bytes:
        """The content of a file. Raises FileNotFoundError."""
        files, inside, _ = self._place(path)
        if isinstance(files, Path):
            return (files / inside).read_bytes()
        if inside not in files:
            raise FileNotFoundError(path)
        return files[inside]

    def write(self, path: str, content: bytes) -> None:
        """Write a file. Raises PermissionError below a mount that is read-only."""
        files, inside, writable = self._place(path)
        if not writable:
            raise PermissionError(path)
        if isinstance(files, Path):
            (files / inside).write_bytes(content)
        else:
            files[inside] = content

    def archive(self, path: str) -> Iterator[bytes]:
        """A directory as the engine archives it: named after its last part. Raises EngineFailed."""
        files, inside, _ = self._place(path)
        below = "" if inside in {"", "."} else f"{inside}/"
        if isinstance(files, Path) or not (below == "" or any(name.startswith(below) for name in files)):
            raise EngineFailed(f"the engine failed reading files of a container: no such directory {path}")
        top = posixpath.basename(path.rstrip("/"))
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
            root = tarfile.TarInfo(top)
            root.type, root.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(root)
            for name, content in sorted(files.items()):
                if name.startswith(below):
                    member = tarfile.TarInfo(f"{top}/{name.removeprefix(below)}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
        yield buffer.getvalue()

    def _place(self, path: str) -> tuple[dict[str, bytes] | Path, str, bool]:
        """Where a path leads: the files, the path among them, and whether they can be written."""
        for mount in sorted(self._info.mounts, key=lambda mount: len(mount.target), reverse=True):
            inside = posixpath.relpath(path, mount.target)
            if not inside.startswith(".."):
                volume = self._volumes[mount.source].files if mount.kind == "volume" else Path(mount.source)
                return volume, inside, mount.writable
        return self._own, path, True


class FakeExec:
    """A program that was started in a fake container."""

    def __init__(self, start: Callable[[bytes], Running], data: bytes | None, ended: threading.Event) -> None:
        self._start = start
        self._written = bytearray(data or b"")
        self._all_written = threading.Event()
        if data is not None:
            self._all_written.set()
        self._ended = ended
        self._code: int | None = None

    def write(self, data: bytes) -> bool:
        """It is kept until the program runs."""
        self._written += data
        return not self._ended.is_set()

    def end_input(self) -> None:
        """Only now the program begins."""
        self._all_written.set()

    def output(self) -> Iterator[tuple[int, bytes]]:
        """Let the program run, and yield what it prints, until it or its container ends."""
        while not self._all_written.wait(_POLL_S):
            if self._ended.is_set():
                return
        running = self._start(bytes(self._written))
        while not self._ended.is_set():
            try:
                yield next(running)
            except StopIteration as end:
                if not self._ended.is_set():
                    self._code = end.value
                return

    def exit_code(self) -> int | None:
        """None until the output was read to its end, and when the container ended first."""
        return self._code
