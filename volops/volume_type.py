"""The strategy a plugin gives for one type of volume: what a plugin author subclasses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from volops.model import Artifact, Criticality, Quiesce, StoredArtifact, Volume
from volops.removal import Removal
from volops.volume_access import Source, Staging


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a type that has none."""


class VolumeType(ABC):
    """How volumes of one type are recognised, dumped, made anew and proven. Subclass, and register by a hook.

    The class attributes are the columns of the volume inventory. Instances are made by the core, without
    arguments, as often as it likes; they must hold no state between calls.
    """

    name: ClassVar[str]
    """What `x-volops` and manifests call the type: [a-z][a-z0-9_-]{0,39}, and no other type's name."""
    summary: ClassVar[str]
    """What such a volume is, in a few words: "PostgreSQL database records"."""
    data_included: ClassVar[tuple[str, ...]]
    """What is in it, a line each."""
    criticality: ClassVar[Criticality]
    """How much it hurts to lose it."""
    typical_size: ClassVar[str]
    """For people: "10 MB to 1 GB"."""
    backup_priority: ClassVar[str]
    """For people: how urgent backups are, and why."""
    guarantees: ClassVar[tuple[str, ...]]
    """What the data survives, a line each."""
    proof: ClassVar[str] = "what its type recorded"
    """What `check` compares a restored volume by, in words: "rows of every table, sequences, roles"."""
    icon: ClassVar[str] = "📁"
    """One character for the list of volumes."""
    service_noun: ClassVar[str] = "service"
    """What the service that owns such a volume is called in messages: "database is not running"."""
    quiesce: ClassVar[Quiesce] = Quiesce.NONE
    """What is done to the containers that use the volume while it is dumped; `x-volops` may say otherwise."""
    role: ClassVar[str] = ""
    """`cache` or `logs` for a type whose volumes `volops clean-cache` or `volops clean-logs` cleans, too."""
    by_default: ClassVar[bool] = True
    """False for a type that a plain `volops backup` leaves out and `--all` includes."""
    Options: ClassVar[type[Any]] = NoOptions
    """A frozen dataclass; its fields are what `x-volops` may say beside `type`. Every field has a default.
    Raise ValueError in `__post_init__` for a value that cannot be: the user is told with its path."""

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

    def regenerated_by(self, options: Any) -> str:
        """The shell command that makes the volume's content again in its running service; empty when there is
        none. Run after a restore of a backup that has nothing of the volume, where that is lost."""
        del options
        return ""

    def clean(self, source: Source) -> Iterable[Removal]:
        """What goes when the volume is cleaned; nothing when there is nothing. Changes nothing itself.

        Its service may be running, stopped or without a container.
        """
        if source.tree().run("ls", "-A", "/volume").stdout:
            yield Removal("all data in it")

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
