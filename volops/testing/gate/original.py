"""The project that somebody wants judged, as compose resolves it. Nothing here changes anything."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from volops.compose import ComposeOptions, load_stack
from volops.compose.options import ask
from volops.config import VolumeSettings, load_settings
from volops.errors import InvalidUse, VolopsError
from volops.file_tree import FileTree
from volops.model import Stack, VolumeKind
from volops.plugins import assign, discover

_LONE_DOLLAR = re.compile(r"(?<!\$)(?:\$\$)*\$(?!\$)")


class StackRefused(VolopsError):
    """A stack cannot be copied without touching something else; `reasons` says in words by what."""

    def __init__(self, project: str, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        listed = "".join(f"\n  - {reason}" for reason in reasons)
        super().__init__(
            f"a copy of {project!r} would not be apart from everything else:{listed}\n",
            next_step="give --stack a compose file without these, for instance with an override: "
            "--stack compose.yaml --stack compose.gate.yaml",
        )


@dataclass(frozen=True, slots=True)
class Original:
    """A compose project.

    `config` is what `docker compose config` prints for it, dollar signs single; it may hold secrets.
    `tree` is the directory that counts as its source: the checkout it is in, else its own directory.
    `env_files` are those that compose reads for it. `servers` are bind mounts on which, by their volume's
    type, a server keeps files of its own, which nobody may copy while it writes.
    """

    stack: Stack
    tree: Path
    env_files: tuple[Path, ...]
    servers: frozenset[str] = frozenset()
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def project(self) -> str:
        """Its name."""
        return self.stack.project


def read_original(files: Sequence[str], env_files: Sequence[str] = ()) -> Original:
    """The project of these compose files, or of a directory, with its active profiles.

    Raises InvalidUse for a path that is not there, and what `load_stack` raises.
    """
    options = options_of(files, env_files)
    stack = load_stack(options)
    said = ask(options.argv("config", "--format", "json"))
    config = _single_dollars(said.stdout)
    given = [Path(file).absolute() for file in env_files]
    beside = stack.directory / ".env"
    return Original(
        stack=stack,
        tree=_tree(stack.directory),
        env_files=tuple(given or ([beside] if beside.is_file() else [])),
        servers=frozenset(_servers(stack)),
        config=config,
    )


def options_of(files: Sequence[str], env_files: Sequence[str] = ()) -> ComposeOptions:
    """What compose has to be told to work on the project. Raises InvalidUse."""
    for path in (*files, *env_files):
        if not Path(path).exists():
            raise InvalidUse(f"{path} does not exist", next_step="check --stack and --stack-env-file")
    absolute = tuple(str(Path(path).absolute()) for path in files)
    where = tuple(str(Path(path).absolute()) for path in env_files)
    if len(absolute) == 1 and Path(absolute[0]).is_dir():
        return ComposeOptions(project_directory=absolute[0], env_files=where)
    return ComposeOptions(files=absolute, env_files=where)


def _single_dollars(text: str) -> dict[str, Any]:
    """Compose doubles dollar signs, and older versions do not: then there is a lone one."""
    if not _LONE_DOLLAR.search(text):
        text = text.replace("$$", "$")
    decoded: dict[str, Any] = json.loads(text)
    return decoded


def _tree(directory: Path) -> Path:
    found = Path(os.path.realpath(directory))
    return next((each for each in (found, *found.parents) if (each / ".git").exists()), found)


def _servers(stack: Stack) -> list[str]:
    settings, registry = load_settings(stack), discover()
    found = []
    for volume in stack.binds:
        given = assign(volume, settings.volumes.get(volume.key, VolumeSettings()), registry)
        if given.type is not None and not issubclass(given.type.cls, FileTree):
            found.append(volume.key)
    return [key for key in found if stack_has_writer(stack, key)]


def stack_has_writer(stack: Stack, key: str) -> bool:
    """Whether a service may write to the volume."""
    return any(
        not mount.read_only
        for volume in stack.volumes
        if volume.key == key and volume.kind is VolumeKind.BIND
        for mount in volume.mounts
    )
