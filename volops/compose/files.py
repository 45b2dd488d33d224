"""Which files make up the project: compose does not tell, so its search is followed here.

The project's directory depends on it, and the record of a backup; what the files say comes from compose
alone. The order is that of compose's reference ("Pre-defined environment variables" and `docker compose`,
"Specifying multiple Compose files"): `-f`, COMPOSE_FILE from the environment or the env files, then the
first directory upwards that holds a file of a default name, with its override.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from volops.compose.filling import filled
from volops.compose.options import ComposeOptions

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_LISTED, _SEPARATOR = "COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"


def named_files(options: ComposeOptions) -> tuple[str, ...]:
    """The compose files as `-f` or COMPOSE_FILE names them; empty when compose is to look for them."""
    if options.files:
        return options.files
    variables = _variables(options)
    listed = variables.get(_LISTED)
    return tuple(listed.split(variables.get(_SEPARATOR) or os.pathsep)) if listed else ()


def project_files(options: ComposeOptions, named: tuple[str, ...]) -> tuple[Path, ...]:
    """The compose files in the order compose merges them, absolute: those named, or those that compose finds;
    empty when there are none."""
    if named:
        return tuple(_absolute(file) for file in named)
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
    or else `.env`, unless COMPOSE_DISABLE_ENV_FILE is set. Some of them may not be there."""
    listed = os.environ.get("COMPOSE_ENV_FILES", "")
    named = options.env_files or tuple(file for file in listed.split(",") if file)
    if named:
        return tuple(_absolute(file) for file in named)
    # Go's strconv.ParseBool, by which compose reads it.
    disabled = os.environ.get("COMPOSE_DISABLE_ENV_FILE") in {"1", "t", "T", "TRUE", "true", "True"}
    return () if disabled else (directory / ".env",)


def _first(directory: Path, names: tuple[str, ...]) -> Path | None:
    return next((directory / name for name in names if (directory / name).is_file()), None)


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - symlinks stay, as in compose


def _variables(options: ComposeOptions) -> Mapping[str, str]:
    """The environment, or what env files and it say together of the compose files."""
    paths = project_env_files(options, _absolute(options.project_directory or "."))
    if not any(_mentions(path) for path in paths):
        return os.environ
    names = (_LISTED, _SEPARATOR)
    values = filled(options, [f"${{{name}-}}" for name in names])
    return os.environ if values is None else dict(zip(names, values, strict=True))


def _mentions(path: Path) -> bool:
    try:
        text = path.read_bytes()
    except OSError:
        return False
    return any(name.encode() in text for name in (_LISTED, _SEPARATOR))
