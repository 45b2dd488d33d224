"""Every error volops raises on purpose: one tree, each with an exit code and a next step for the user."""

from __future__ import annotations

from collections.abc import Sequence

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PARTIAL = 3
EXIT_NO_BACKUP = 10
EXIT_LOCKED = 11
EXIT_WRONG_KEY = 12
EXIT_RESTORE_FAILED = 20
EXIT_ROLLBACK_FAILED = 21
EXIT_INTERRUPTED = 130

EXIT_MEANINGS: dict[int, str] = {
    EXIT_DONE: "done",
    EXIT_FAILED: "failed",
    EXIT_USAGE: "usage or configuration error",
    EXIT_PARTIAL: "partial: at least one volume is missing",
    EXIT_NO_BACKUP: "no such backup or store",
    EXIT_LOCKED: "locked by another run",
    EXIT_WRONG_KEY: "wrong key",
    EXIT_RESTORE_FAILED: "restore failed, live data intact",
    EXIT_ROLLBACK_FAILED: "roll-back failed, act now",
    EXIT_INTERRUPTED: "interrupted",
}


class VolopsError(Exception):
    """Base of the tree. `message` is one line naming the cause; `next_step` one line naming the way out."""

    exit_code = EXIT_FAILED

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}: {self.next_step}" if self.next_step else self.message


class InvalidUse(VolopsError):
    """The command line or the configuration asks for something that cannot be."""

    exit_code = EXIT_USAGE


class NoComposeFile(InvalidUse):
    """No compose file was found where compose looks for one."""


class ComposeInvalid(InvalidUse):
    """`docker compose config` refused the project."""


class ConfigInvalid(InvalidUse):
    """`x-volops` holds something it must not; the message names the path in the file."""


class UnknownVolume(InvalidUse):
    """A volume was named that the stack does not have."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        listed = ", ".join(known) or "none"
        super().__init__(f"no volume {name!r} in this stack", next_step=f"choose one of: {listed}")


class UnknownService(InvalidUse):
    """A service was named that the stack does not have."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        listed = ", ".join(known) or "none"
        super().__init__(f"no service {name!r} in this stack", next_step=f"choose one of: {listed}")


class ClaimConflict(InvalidUse):
    """Two volume types claim one volume; the message names both distributions."""


class PluginBroken(VolopsError):
    """A plugin cannot be used: it failed to import, broke its contract, or raised."""


class EngineUnavailable(VolopsError):
    """No container engine answers."""


class EngineTooOld(VolopsError):
    """The engine lacks something volops needs."""


class ComposeUnavailable(VolopsError):
    """Compose v2 is not installed, or one of its commands failed."""


class EngineFailed(VolopsError):
    """The engine refused or lost a request."""


class ServiceNotRunning(VolopsError):
    """A volume needs a running service, and it is not running."""

    def __init__(self, service: str, what: str = "service") -> None:
        super().__init__(
            f"{what} {service!r} is not running" if what == "service" else f"{what} is not running",
            next_step=f"start it with `volops start {service}`",
        )
        self.service = service


class ServiceNotReady(VolopsError):
    """A service runs but does not answer yet: it is starting, recovering, or being set up."""


class AccessRefused(VolopsError):
    """A service runs but refuses our credentials."""


class ProducerFailed(VolopsError):
    """The program that produced a stream failed: what came through is not whole."""


class HelperLost(VolopsError):
    """A helper container ended before its work was done."""


class ArtifactCorrupt(VolopsError):
    """An artifact is not what the manifest says, or is not complete."""


class ManifestInvalid(VolopsError):
    """A manifest cannot be read: damaged, hostile, or of a newer format."""


class HostileArchive(VolopsError):
    """An archive holds what would be written where it must not, or would gain rights; it names the member."""


class NoSuchBackup(VolopsError):
    """A backup was named that is not there."""

    exit_code = EXIT_NO_BACKUP


class StoreUnavailable(VolopsError):
    """The store cannot be read or written."""

    exit_code = EXIT_NO_BACKUP


class StoreFull(VolopsError):
    """No space is left in the store."""


class Locked(VolopsError):
    """Another run holds the lock."""

    exit_code = EXIT_LOCKED


class VolumeInUse(VolopsError):
    """A container outside the project uses a volume that was to be cleaned. Nothing was touched."""


class CleanFailed(VolopsError):
    """A volume could not be cleaned. Its data is as it was, and what ran runs."""


class CleanDisturbed(VolopsError):
    """What was to be deleted is gone, and what should have followed did not come about."""


class RestoreFailed(VolopsError):
    """A restore did not come about. The live data is as it was, and what ran runs."""

    exit_code = EXIT_RESTORE_FAILED


class RestoreRefused(RestoreFailed):
    """A restore cannot succeed; said before anything was touched."""


class DiskFull(RestoreFailed):
    """The file system on which a volume was being made anew is full."""


class NotWell(RestoreFailed):
    """A service did not get well on the data that it was given."""

    def __init__(self, message: str, *, next_step: str = "", service: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.service = service


class CheckFailed(RestoreFailed):
    """What was loaded does not show what the backup recorded."""


class RollbackFailed(VolopsError):
    """The old data could not be put back. The message names the volume and what is where."""

    exit_code = EXIT_ROLLBACK_FAILED


class Interrupted(VolopsError):
    """The user or the system asked us to stop (SIGINT, SIGTERM, SIGHUP)."""

    exit_code = EXIT_INTERRUPTED
