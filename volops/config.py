"""What the compose file's top-level `x-volops` says, validated. Nothing in it is needed."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from volops.errors import ConfigInvalid
from volops.model import Quiesce, Stack

SECTION = "x-volops"
_BACKUPS = "backups"


@dataclass(frozen=True, slots=True)
class VolumeSettings:
    """What `x-volops.volumes.KEY` says of one volume; None where it says nothing.

    `options` holds the keys that are not the core's: the volume's type validates them.
    """

    type: str | None = None
    backup: bool | None = None
    quiesce: Quiesce | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """What `x-volops` says of the project. `backups` is the absolute path of a directory of this machine;
    `store` is where backups go instead when `x-volops.backups` is no path but a location such as
    `s3://bucket/app`. `volumes` is by volume key."""

    backups: Path
    store: str = ""
    helper_image: str | None = None
    include_compose_files: bool = True
    volumes: Mapping[str, VolumeSettings] = field(default_factory=dict)


class _VolumeSection(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    type: str | None = None
    backup: bool | None = None
    quiesce: Quiesce | None = None


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    backups: str = Field(_BACKUPS, min_length=1)
    helper_image: str | None = None
    include_compose_files: bool = True
    volumes: dict[str, _VolumeSection | None] = {}


def load_settings(stack: Stack) -> Settings:
    """Validate `stack.extension`.

    `backups` may be relative to the project's directory, and so may the path that names a bind mount.
    Raises ConfigInvalid, naming the path in the file, for a value of the wrong type, an unknown key, or
    settings of a volume that the stack does not have. Options of volume types are not looked at.
    """
    try:
        section = _Section.model_validate_json(json.dumps(stack.extension))
    except ValidationError as error:
        raise _invalid(error.errors()[0]) from error
    elsewhere = "://" in section.backups
    return Settings(
        backups=_below(stack.directory, _BACKUPS if elsewhere else section.backups),
        store=section.backups if elsewhere else "",
        helper_image=section.helper_image,
        include_compose_files=section.include_compose_files,
        volumes={_volume_key(stack, name): _settings(said) for name, said in section.volumes.items()},
    )


def _settings(said: _VolumeSection | None) -> VolumeSettings:
    said = said or _VolumeSection()
    return VolumeSettings(said.type, said.backup, said.quiesce, dict(said.model_extra or {}))


def _below(directory: Path, path: str) -> Path:
    return Path(os.path.normpath(directory / Path(path).expanduser()))


def _volume_key(stack: Stack, name: str) -> str:
    known = [volume.key for volume in stack.volumes]
    for candidate in (name, str(_below(stack.directory, name))):
        if candidate in known:
            return candidate
    service, _, path = name.partition(":")
    if not stack.complete or (path.startswith("/") and stack.service(service)):
        # Whether a container of the service has such a volume is not for the compose file to know.
        return name
    meant = [volume.key for volume in stack.volumes if volume.name == name]
    raise ConfigInvalid(
        f"{SECTION}.volumes.{name}: no such volume in this stack",
        next_step=f"did you mean {meant[0]!r}?" if meant else _suggestion(name, known),
    )


def _invalid(detail: ErrorDetails) -> ConfigInvalid:
    path = ".".join((SECTION, *(str(part) for part in detail["loc"])))
    if detail["type"] == "extra_forbidden":
        return ConfigInvalid(
            f"{path}: unknown key",
            next_step=_suggestion(str(detail["loc"][-1]), _Section.model_fields),
        )
    return ConfigInvalid(f"{path}: {_lower(detail['msg'])}", next_step="correct the compose file")


def _suggestion(name: str, known: Iterable[str]) -> str:
    known = list(known)
    if close := difflib.get_close_matches(name, known, n=1):
        return f"did you mean {close[0]!r}?"
    return f"choose one of: {', '.join(known) or 'none'}"


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
