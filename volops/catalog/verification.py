"""What is remembered of the last time somebody verified a backup. It never touches the backup itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from volops.manifest import Manifest
from volops.store import Store

_Short = Annotated[str, StringConstraints(max_length=1000)]


@dataclass(frozen=True, slots=True)
class Verification:
    """One reading of a backup to its end, by `user` on `host`: `problems` is empty when it was good.

    `proven` is when all of it was last restored beside the live data and checked; None when it never was.
    """

    at: datetime
    problems: tuple[str, ...] = ()
    host: str = ""
    user: str = ""
    version: str = ""
    proven: datetime | None = None

    @property
    def ok(self) -> bool:
        """True when nothing was wrong."""
        return not self.problems


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    seal: str
    at: AwareDatetime
    problems: tuple[_Short, ...]
    host: _Short
    user: _Short
    version: _Short
    proven: AwareDatetime | None = None


def read_verification(store: Store, name: str, manifest: Manifest) -> Verification | None:
    """The last verification of the backup with that very manifest; None when there is none to be read."""
    try:
        note = _Note.model_validate_json(store.note(name) or b"null")
    except ValidationError:
        return None
    if note.seal != manifest.seal:
        return None
    proven = note.proven.astimezone(UTC) if note.proven else None
    return Verification(note.at.astimezone(UTC), note.problems, note.host, note.user, note.version, proven)


def write_verification(store: Store, name: str, manifest: Manifest, verification: Verification) -> None:
    """Remember a verification in place of the one before. Raises StoreUnavailable, StoreFull."""
    note = _Note(
        seal=manifest.seal,
        at=verification.at,
        problems=tuple(problem[:1000] for problem in verification.problems),
        host=verification.host,
        user=verification.user,
        version=verification.version,
        proven=verification.proven,
    )
    store.set_note(name, note.model_dump_json(indent=2).encode() + b"\n")
