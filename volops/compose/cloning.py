"""The same compose files as another project: what its volumes are called, and what the two would share."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from volops.compose.options import ComposeOptions, ask
from volops.errors import ComposeInvalid

_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Clone:
    """`names` are those of its named volumes by key; `variables` what must be in the environment for that.
    `shared` says in words what it has in common with the original and cannot have twice."""

    project: str
    names: Mapping[str, str]
    variables: Mapping[str, str]
    shared: tuple[str, ...]


def clone_of(options: ComposeOptions, project: str) -> Clone:
    """The project under another name, with that name in every variable that is part of a volume's name.

    Raises ComposeInvalid when compose refuses it.
    """
    other = replace(options, project=project)
    written = _config(other, {}, "--no-interpolate")
    variables = {
        name: project
        for volume in (written.get("volumes") or {}).values()
        for name in _VARIABLE.findall((volume or {}).get("name") or "")
    }
    resolved = _config(other, variables)
    return Clone(
        project=project,
        names={key: said["name"] for key, said in (resolved.get("volumes") or {}).items()},
        variables=variables,
        shared=tuple(_shared(resolved)),
    )


def up_command(
    options: ComposeOptions, clone: Clone, files: Sequence[Path], overriding: Path | None = None
) -> str:
    """What a person types to start it. `overriding` is one more compose file, after `files`."""
    other = replace(options, project=clone.project)
    if overriding is not None:
        other = replace(other, files=tuple(map(str, (*files, overriding))))
    assignments = [f"{name}={shlex.quote(value)}" for name, value in sorted(clone.variables.items())]
    return " ".join([*assignments, shlex.join(other.argv("up", "--detach"))])


def _config(options: ComposeOptions, variables: Mapping[str, str], *flags: str) -> dict[str, Any]:
    said = ask(options.argv("config", "--format", "json", *flags, every_profile=True), variables)
    if said.code != 0:
        reason = said.stderr.strip().rpartition("\n")[2]
        raise ComposeInvalid(
            f"compose refuses these files as project {options.project!r}: {reason}",
            next_step=f"see `docker compose -p {options.project} config`",
        )
    decoded: dict[str, Any] = json.loads(said.stdout)
    return decoded


def _shared(config: Mapping[str, Any]) -> Iterator[str]:
    for name, service in (config.get("services") or {}).items():
        if service.get("container_name"):
            yield f"{name}: the container name {service['container_name']!r}"
        for port in service.get("ports") or ():
            if str(port.get("published") or "0") != "0":
                yield f"{name}: the published port {port['published']}"
        for mount in service.get("volumes") or ():
            if mount.get("type") == "bind" and not mount.get("read_only"):
                yield f"{name}: the directory {mount.get('source')}"
