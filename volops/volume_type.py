"""The strategy a plugin gives for one type of volume: what a plugin author subclasses and is given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar, Protocol

from volops.model import Artifact, Criticality, Quiesce, StoredArtifact, Volume


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a type that has none."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a short program left behind."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output as text, undecodable bytes replaced, without the last newline."""
        return self.stdout.decode("utf-8", "replace").rstrip("\n")


class Shell(Protocol):
    """A place in which programs can be run: a service's container, or a helper beside it."""

    def run(
        self,
        *argv: str,
        input: bytes = b"",
        user: str = "",
        ok: Collection[int] = (0,),
    ) -> Output:
        """Run a short program to its end and return what it printed (at most a few MiB).

        Raises ProducerFailed, with the end of its standard error, when its exit code is not in `ok`;
        HelperLost when the container ended under it. Secrets must not be in `argv`.
        """
        ...

    def stream(
        self,
        *argv: str,
        ok: Collection[int] = (0,),
        on_stderr: Callable[[str], None] | None = None,
    ) -> Iterator[bytes]:
        """Yield the standard output of a long program as it comes; memory stays bounded. Takes /bin/sh.

        At its end raises ProducerFailed when the exit code is not in `ok`, HelperLost when the container
        ended under it. `on_stderr` gets the whole standard error (cut to its last 1 MiB) once, at the end.
        Closing the iterator early ends the program.
        """
        ...

    def feed(
        self,
        chunks: Iterable[bytes],
        *argv: str,
        user: str = "",
        ok: Collection[int] = (0,),
    ) -> Output:
        """Run a program with `chunks` as its standard input; return the last MiB of what it printed.

        All of `chunks` is taken even when the program stops reading, and what they raise is raised: the
        program then saw an early end of its input. Otherwise raises as `run` does.
        """
        ...


class Source(Protocol):
    """One live volume, as its type sees it during dump, facts, plant and found.

    Shells are opened when first asked for and closed by the core after the volume is done.
    """

    @property
    def volume(self) -> Volume:
        """The volume at hand."""
        ...

    @property
    def options(self) -> Any:
        """The instance of the type's `Options` made from `x-volops`."""
        ...

    @property
    def stamp(self) -> str:
        """YYYYMMDD_HHMMSS of the run, for artifact names."""
        ...

    def file_name(self, stem: str, extension: str, part: str = "") -> str:
        """An artifact name, unique in the backup: `db_backup_20251025_143022.sql`.

        `part` (a database's name, say) and, where the stack has several volumes of the type, the volume's
        key come after the stamp, made fit for a file name: `db_backup_20251025_143022.orders.sql`.
        """
        ...

    @property
    def everything(self) -> bool:
        """True under `--all`: a type that makes a recipe by default archives instead."""
        ...

    @property
    def notes(self) -> MutableMapping[str, Any]:
        """A place for `dump` to leave what `facts` will need (row counts of the same snapshot, say)."""
        ...

    @property
    def artifacts(self) -> tuple[StoredArtifact, ...]:
        """What of this volume is stored so far, with sizes and digests; complete when `facts` is called."""
        ...

    def environment(self) -> Mapping[str, str]:
        """The environment of the service's running container. Secrets in it must stay in memory.

        Raises ServiceNotRunning.
        """
        ...

    def warn(self, message: str) -> None:
        """Tell the user of something odd that does not spoil the backup; kept in the manifest."""
        ...

    def service(self) -> Shell:
        """The running container of the service that owns the volume. Raises ServiceNotRunning."""
        ...

    def service_file(self, path: str) -> bytes | None:
        """A file as the service's container sees it, running or stopped, with its image, bind mounts and
        volumes; None when there is none, or none that can be read whole into memory.

        Raises ServiceNotRunning when the service has no container at all.
        """
        ...

    def beside(self) -> Shell:
        """A helper of that container's own image, as root, in its network, with processes of its own.

        The service is at 127.0.0.1, the volume read-only at `/volume`; `/tmp` is private and in memory.
        What it runs cannot disturb the service, even when it is killed. Raises ServiceNotRunning.
        """
        ...

    def tree(self) -> Shell:
        """A helper with GNU tar, without network, the volume read-only at `/volume`."""
        ...

    def writable_tree(self) -> Shell:
        """As `tree`, but `/volume` can be written. For `plant` only."""
        ...

    def tar(self, *paths: str) -> Iterator[bytes]:
        """A GNU tar stream (posix format) of the volume, or of `paths` in it, with full fidelity.

        Same tree, same stream: sorted names, no access or change times. Files that change, shrink or
        vanish meanwhile become warnings; an unreadable file or a lost helper raises at the end.
        """
        ...


class Staging(Protocol):
    """Where a volume is made anew from a backup, beside the live data, which cannot be reached from here."""

    @property
    def volume(self) -> Volume:
        """The volume at hand."""
        ...

    @property
    def options(self) -> Any:
        """The instance of the type's `Options` made from `x-volops`."""
        ...

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the type's `facts` returned when the backup was made; empty when nothing was recorded."""
        ...

    @property
    def target(self) -> PurePosixPath:
        """Where the service that owns the volume mounts it."""
        ...

    def environment(self) -> Mapping[str, str]:
        """The environment the service will have. Secrets in it must stay in memory."""
        ...

    @property
    def command(self) -> tuple[str, ...]:
        """The command line that the compose file gives the service; empty when its image decides."""
        ...

    def warn(self, message: str) -> None:
        """Tell the user of something odd that does not make the restore wrong."""
        ...

    def image(self) -> Shell:
        """A helper of the service's image with nothing mounted: for what the image can tell. Before anything
        is touched."""
        ...

    def tree(self) -> Shell:
        """A helper with GNU tar, without network, the staging area writable at `/volume`."""
        ...

    def service(self) -> Shell:
        """A helper of the service's own image, as root, without network, the staging area writable at
        `target`: for a throwaway server on it. `/tmp` is private and in memory."""
        ...

    def untar(self, chunks: Iterable[bytes], directory: str = ".") -> None:
        """Unpack a tar stream with full fidelity into `directory` of the staging area."""
        ...


class VolumeType(ABC):
    """How volumes of one type are recognised, dumped and described. Subclass, and register by a hook.

    The class attributes are the columns of the volume inventory. Instances are made by the core, once
    per run, without arguments; they must hold no state between calls.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    data_included: ClassVar[tuple[str, ...]]
    criticality: ClassVar[Criticality]
    typical_size: ClassVar[str]
    backup_priority: ClassVar[str]
    guarantees: ClassVar[tuple[str, ...]]
    icon: ClassVar[str] = "📁"
    service_noun: ClassVar[str] = "service"
    """What the service that owns such a volume is called in messages: "database is not running"."""
    quiesce: ClassVar[Quiesce] = Quiesce.NONE
    by_default: ClassVar[bool] = True
    """False for a type that a plain `volops backup` leaves out and `--all` includes."""
    Options: ClassVar[type[Any]] = NoOptions
    """A frozen dataclass; its fields are what `x-volops` may say beside `type`."""

    @abstractmethod
    def detect(self, volume: Volume) -> bool:
        """True when the volume is of this type, judged by images and mount paths alone. No I/O."""

    @abstractmethod
    def dump(self, source: Source) -> Iterable[Artifact]:
        """Yield the volume's artifacts, one after the other.

        The core reads each stream to its end before it asks for the next. None at all means that the
        facts are the whole backup (a recipe). Any VolopsError fails the volume, not the run.
        """

    @abstractmethod
    def facts(self, source: Source) -> Mapping[str, Any]:
        """What a restored volume must show again, as JSON values. Called once, after `dump`."""

    @abstractmethod
    def plant(self, source: Source, token: str) -> None:
        """Write a marker datum that carries `token` ([a-z0-9]{1,32}), as the service would."""

    @abstractmethod
    def found(self, source: Source, token: str) -> bool:
        """True when the datum planted with `token` is there now."""

    def preflight(self, staging: Staging, artifacts: Sequence[StoredArtifact]) -> None:
        """Raise RestoreRefused when a restore of these artifacts cannot succeed, before anything is touched.

        May use `staging.image`, `facts`, `environment`; must not use `tree`, `service` or `untar`.
        """
        del staging, artifacts

    @abstractmethod
    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        """Make the volume anew in the staging area, from artifacts in the order they were dumped.

        Each stream must be read to its end before the next is asked for; it raises ArtifactCorrupt there
        when it was not whole. Afterwards the staging area must be what the service expects to find,
        with no process left on it.
        """

    @abstractmethod
    def check(self, staging: Staging) -> None:
        """Raise CheckFailed unless the loaded staging area shows `staging.facts` again."""

    def verify(self, artifact: Artifact) -> None:
        """Read `artifact.stream` to its end and raise ArtifactCorrupt if it is not complete of its kind.

        The core has its digests compared meanwhile. The default checks what every tar archive must show
        and only reads the others.
        """
        from volops.tar import check_tar

        if artifact.media_type == "application/x-tar":
            check_tar(artifact.name, artifact.stream)
        else:
            for _ in artifact.stream:
                pass
