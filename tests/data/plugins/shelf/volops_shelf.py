"""A store as a plugin gives it: flat names and no rename, as an object store has; `shelf:///directory`."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from volops import ArtifactCorrupt, Digest, Locked, Store, StoreUnavailable, hookimpl

VOLOPS_INTERFACE = 1
_MANIFEST = "manifest.json"
_HELD: set[tuple[Path, str]] = set()


@hookimpl
def volops_stores() -> Mapping[str, Callable[[str], Store]]:
    return {"shelf": opened}


def opened(location: str) -> Shelf:
    path = Path(location.removeprefix("shelf://"))
    if not path.is_absolute():
        raise StoreUnavailable(f"{location} names no shelf", next_step="give it as shelf:///a/directory")
    return Shelf(path)


class Shelf:
    """Objects named GROUP/FILE, quoted into one flat directory. A group is there once its manifest is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def location(self) -> str:
        return f"shelf://{self.path}"

    def place(self, group: str, file: str = "") -> str:
        return f"{self.location}#{group}/{file}"

    def groups(self) -> tuple[str, ...]:
        found = {group for group, file in self._objects("o") if group and file == _MANIFEST}
        return tuple(sorted(found))

    def files(self, group: str) -> Mapping[str, int]:
        if group and group not in self.groups():
            return {}
        return {
            file: self.object("o", group, file).stat().st_size
            for of, file in self._objects("o")
            if of == group
        }

    def open(self, group: str, file: str) -> Iterator[bytes]:
        if file not in self.files(group):
            raise ArtifactCorrupt(f"{file} is not on the shelf")
        with self.object("o", group, file).open("rb") as stream:
            while chunk := stream.read(1 << 16):
                yield chunk

    def modified(self, group: str, file: str = "") -> float:
        path = self.object("o", group, file or _MANIFEST)
        return path.stat().st_mtime if path.exists() else 0.0

    def begin(self, name: str) -> Writing:
        if name in self.groups():
            raise StoreUnavailable(f"{name} is on the shelf already")
        for other, alive in self.unfinished().items():
            if not alive:
                Writing(self, other).discard()
        _HELD.add((self.path, name))
        self.path.mkdir(exist_ok=True)
        self.object("w", name, str(os.getpid())).touch()
        return Writing(self, name)

    def unfinished(self) -> Mapping[str, bool]:
        return {name: Path(f"/proc/{process}").exists() for name, process in self._objects("w")}

    @contextlib.contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        self.path.mkdir(exist_ok=True)
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Locked(f"{self.location} is held, and not for {purpose}") from None
            yield

    def note(self, name: str) -> bytes | None:
        path = self.object("n", name, "note")
        return path.read_bytes() if path.exists() else None

    def set_note(self, name: str, content: bytes) -> None:
        self.object("n", name, "note").write_bytes(content)

    def object(self, kind: str, group: str, file: str) -> Path:
        return self.path / f"{kind}.{quote(group, safe='')}%2F{quote(file, safe='')}"

    def _objects(self, kind: str) -> list[tuple[str, str]]:
        names = sorted(self.path.glob(f"{kind}.*")) if self.path.is_dir() else []
        pairs = [unquote(path.name.removeprefix(f"{kind}.")).split("/") for path in names]
        return [(group, file) for group, file in pairs]


class Writing:
    """Files under a name that no group has, until the manifest is written."""

    def __init__(self, shelf: Shelf, name: str) -> None:
        self.shelf, self.name = shelf, name

    @property
    def files(self) -> Mapping[str, int]:
        found = self.shelf._objects("u")
        return {file: self._part(file).stat().st_size for group, file in found if group == self.name}

    def write(self, file: str, chunks: Iterable[bytes]) -> Digest:
        digest, size = hashlib.sha256(), 0
        try:
            with self._part(file).open("wb") as stream:
                for chunk in chunks:
                    size += stream.write(chunk)
                    digest.update(chunk)
        except BaseException:
            self.remove(file)
            raise
        return Digest(size, digest.hexdigest())

    def remove(self, file: str) -> None:
        self._part(file).unlink(missing_ok=True)

    def publish(self, name: str, manifest: bytes) -> str:
        for file in self.files:
            self._part(file).rename(self.shelf.object("o", name, file))
        self.shelf.object("o", name, _MANIFEST).write_bytes(manifest)
        self.discard()
        return self.shelf.place(name)

    def publish_loose(self, manifest: bytes) -> str:
        (file,) = self.files
        self.shelf.object("o", "", f"{self.name}.manifest.json").write_bytes(manifest)
        self._part(file).rename(self.shelf.object("o", "", file))
        self.discard()
        return self.shelf.place("", file)

    def discard(self) -> None:
        for kind in ("u", "w"):
            for group, file in self.shelf._objects(kind):
                if group == self.name:
                    self.shelf.object(kind, group, file).unlink()

    def _part(self, file: str) -> Path:
        return self.shelf.object("u", self.name, file)
