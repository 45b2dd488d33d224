"""Which files make up the project: compose does not tell, so its search is followed here.

Only the record of a backup depends on it; what the files say comes from compose alone. The order is that
of compose's reference ("Pre-defined environment variables" and `docker compose`, "Specifying multiple
Compose files"): `-f`, COMPOSE_FILE from the environment or the env files, then the first directory
upwards that holds a file of a default name, with its override.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from volops.compose.options import ComposeOptions

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_ASSIGNMENT = re.compile(r"""^\s*(?:export\s+)?(\w+)\s*=\s*(['"]?)(.*?)\2\s*$""")


def project_files(options: ComposeOptions) -> tuple[Path, ...]:
    """The compose files in the order compose merges them, absolute; empty when there are none."""
    if options.files:
        return tuple(_absolute(file) for file in options.files)
    variables = {**_env_file_variables(options), **os.environ}
    if listed := variables.get("COMPOSE_FILE"):
        separator = variables.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
        return tuple(_absolute(file) for file in listed.split(separator))
    start = _absolute(options.project_directory or ".")
    for directory in (start, *start.parents):
        if found := _first(directory, _NAMES):
            override = _first(directory, _OVERRIDES)
            return (found, override) if override else (found,)
    return ()


def project_directory(options: ComposeOptions, files: tuple[Path, ...]) -> Path:
    """The directory that relative paths of the project start from, absolute."""
    if options.project_directory:
        return _absolute(options.project_directory)
    return files[0].parent if files else Path.cwd()


def project_env_files(options: ComposeOptions, directory: Path) -> tuple[Path, ...]:
    """The files from which compose takes variables of the project in that directory, absolute: those named,
    or else `.env`. Some of them may not be there."""
    listed = os.environ.get("COMPOSE_ENV_FILES", "")
    named = options.env_files or tuple(file for file in listed.split(",") if file)
    return tuple(_absolute(file) for file in named) or (directory / ".env",)


def _first(directory: Path, names: tuple[str, ...]) -> Path | None:
    return next((directory / name for name in names if (directory / name).is_file()), None)


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - symlinks stay, as in compose


def _env_file_variables(options: ComposeOptions) -> Mapping[str, str]:
    paths = project_env_files(options, _absolute(options.project_directory or "."))
    return {name: value for path in paths for name, value in _assignments(path)}


def _assignments(path: Path) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        if match := _ASSIGNMENT.match(line):
            yield match[1], match[3]
