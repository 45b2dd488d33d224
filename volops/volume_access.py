"""What a volume type is given of a volume: the live one, and one that is made anew beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from pathlib import PurePosixPath
from typing import Any, Protocol

from volops.model import Artifact, StoredArtifact, Volume
from volops.shell import Shell


class Source(Protocol):
    """One live volume, as its type sees it during dump, facts, plant, found and clean, and in all that is
    done with one database.

    Shells are opened when first asked for and closed by the core after the volume is done. What opens one
    raises EngineFailed when the engine cannot make its container, or when no local image can be used.
    Beside the data `/volume` may hold `.volops`, what is kept from before a restore: leave it out, as `tar`
    does.
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
    def target(self) -> PurePosixPath:
        """Where the service that owns the volume mounts it: the path of the data in `service()`. Other
        services may mount it elsewhere, see `volume.targets`. Raises EngineFailed when no service uses it."""
        ...

    @property
    def stamp(self) -> str:
        """YYYYMMDD_HHMMSS of the run, for artifact names."""
        ...

    def file_name(self, stem: str, extension: str, part: str = "") -> str:
        """An artifact name, unique in the backup: `db_backup_20251025_143022.sql`.

        `part` (a database's name, say) and, where the stack has several volumes of the type, or a volume of
        another type has the name already, the volume's key come after the stamp, made fit for a file name:
        `db_backup_20251025_143022.orders.sql`. Asked again for this volume, the same name.
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
        """The running container of the service that owns the volume, which is the one whose mount makes the
        volume one of this type, or else one that may write; the data is at `target`. Raises
        ServiceNotRunning."""
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
        What it runs cannot disturb the service, even when it is killed. Raises ServiceNotRunning,
        EngineFailed.
        """
        ...

    def tree(self) -> Shell:
        """A helper with GNU tar if any local image has it, without network, the volume read-only at
        `/volume`. Raises EngineFailed, also when the volume does not exist."""
        ...

    def writable_tree(self) -> Shell:
        """As `tree`, but `/volume` can be written. For `plant` only. Raises EngineFailed."""
        ...

    def tar(self, *paths: str) -> Iterator[bytes]:
        """A GNU tar stream (posix format) of the volume, or of `paths` in it, with full fidelity, that begins
        with the call (see `Shell.stream`).

        Same tree, same stream: sorted names, no access or change times. Files that change, shrink or
        vanish meanwhile become warnings; an unreadable file raises ProducerFailed at the end, a lost helper
        HelperLost, an archive that breaks off ArtifactCorrupt. Raises EngineFailed as `tree` does.
        """
        ...


class Staging(Protocol):
    """Where a volume is made anew from a backup, beside the live data, which cannot be reached from here.

    Everything in it that needs the service (`target`, `environment`, `command`, `image`, `service`) raises
    RestoreRefused when no service of the stack uses the volume; `image` and `service` also when its image is
    not on the engine. What opens a shell raises EngineFailed when the engine cannot make its container.
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
    def facts(self) -> Mapping[str, Any]:
        """What the type's `facts` returned when the backup was made; empty when nothing was recorded."""
        ...

    @property
    def notes(self) -> MutableMapping[str, Any]:
        """A place for one step of a restore to leave what another will need: `preflight`, `load` and `check`
        are given the same one."""
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
        """The command line that the compose file gives the service, its entrypoint first; empty when its
        image decides."""
        ...

    def warn(self, message: str) -> None:
        """Tell the user of something odd that does not make the restore wrong."""
        ...

    def artifacts(self) -> Iterator[Artifact]:
        """The volume's artifacts once more, for a `check` that must compare with them. Reading them again
        takes about as long as the first time."""
        ...

    def image(self) -> Shell:
        """A helper of the service's image with nothing mounted: for what the image can tell. Before anything
        is touched. Raises RestoreRefused, EngineFailed."""
        ...

    def tree(self) -> Shell:
        """A helper with GNU tar, whose version is in `notes["tar"]` then, without network, the staging area
        writable at `/volume`. Raises EngineFailed, also when no local image has GNU tar."""
        ...

    def service(self) -> Shell:
        """A helper of the service's own image, as root, without network, the staging area writable at
        `target`: for a throwaway server on it. `/tmp` is private and in memory. Raises RestoreRefused,
        EngineFailed."""
        ...

    def untar(self, chunks: Iterable[bytes], directory: str = ".", *, below: str = "") -> None:
        """Unpack a tar stream with full fidelity into `directory` of the staging area, which must be there;
        `below` is a directory of the archive that takes the place of its root.

        Raises HostileArchive for what would be written elsewhere or, unless the backup is trusted, would gain
        rights; ProducerFailed when tar fails, HelperLost, EngineFailed, and what `chunks` raise.
        """
        ...
