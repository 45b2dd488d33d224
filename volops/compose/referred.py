"""Files that compose files name: other compose files that they include or extend, and files of variables.

By the compose specification (`include`, `extends`, `env_file`). Paths start from the project's directory,
those in an included or extended file from that file's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from volops.compose.filling import filled
from volops.compose.options import ComposeOptions
from volops.model import Stack

_KEYS = (b"include", b"extends", b"env_file")


@dataclass(frozen=True, slots=True)
class _Named:
    """A path as a compose file has it; `compose` if it leads to another one, whose own paths start from
    `directory`, if that is said."""

    path: str
    compose: bool = False
    directory: str = ""


def referred_files(options: ComposeOptions, stack: Stack) -> tuple[Path, ...]:
    """The files, absolute, those that are named by such files too. Only what is there, and on this machine; a
    compose file that cannot be read as YAML names nothing."""
    waiting = [(file, stack.directory) for file in stack.files]
    seen: dict[Path, None] = dict.fromkeys(stack.files)
    while waiting:
        file, directory = waiting.pop()
        for named in _filled(options, stack, list(_named_in(_read(file)))):
            path = _absolute(directory, named.path)
            if path in seen or not path.is_file():
                continue
            seen[path] = None
            if named.compose:
                waiting.append(
                    (path, _absolute(directory, named.directory) if named.directory else path.parent)
                )
    return tuple(path for path in seen if path not in stack.files)


def _named_in(document: Any) -> Iterator[_Named]:
    for each in _listed(_of(document, "include")):
        paths = [
            str(path) for path in _listed(_of(each, "path") or (each if isinstance(each, str) else None))
        ]
        first = str(Path(paths[0]).parent) if paths else ""
        for path in paths:
            yield _Named(path, compose=True, directory=str(_of(each, "project_directory") or first))
        yield from _variables(_of(each, "env_file"))
    services = _of(document, "services")
    for service in services.values() if isinstance(services, dict) else ():
        yield from _variables(_of(service, "env_file"))
        if file := _of(_of(service, "extends"), "file"):
            yield _Named(str(file), compose=True)


def _variables(said: Any) -> Iterator[_Named]:
    for each in _listed(said):
        if path := _of(each, "path") or (each if isinstance(each, str) else ""):
            yield _Named(str(path))


def _of(mapping: Any, key: str) -> Any:
    return mapping.get(key) if isinstance(mapping, dict) else None


def _listed(said: Any) -> list[Any]:
    if said is None:
        return []
    return said if isinstance(said, list) else [said]


def _filled(options: ComposeOptions, stack: Stack, names: list[_Named]) -> list[_Named]:
    if not any("$" in each.path + each.directory for each in names):
        return names
    texts = [text for each in names for text in (each.path, each.directory)]
    there = replace(options, project_directory=str(stack.directory))
    known = filled(there, texts) or texts
    return [
        replace(each, path=path, directory=directory)
        for each, path, directory in zip(names, known[::2], known[1::2], strict=True)
    ]


def _absolute(directory: Path, path: str) -> Path:
    return Path(os.path.normpath(directory / Path(path).expanduser()))


def _read(file: Path) -> Any:
    try:
        text = file.read_bytes()
    except OSError:
        return None
    if not any(key in text for key in _KEYS):
        return None
    import yaml

    class Loader(yaml.SafeLoader):
        """Takes `!reset` and `!override`, tags of compose, for what stands behind them."""

    Loader.add_multi_constructor("!", lambda loader, _, node: _plain(loader, node))
    try:
        return yaml.load(text, Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return None


def _plain(loader: Any, node: Any) -> Any:
    import yaml

    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)
