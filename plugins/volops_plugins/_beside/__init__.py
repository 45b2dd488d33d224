"""Scripts that run in a helper beside a service's container, and how they get there."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from importlib.resources import files

_SHARED = "beside.sh"


def installation(home: str, package: str, names: tuple[str, ...], data: Mapping[str, Iterable[str]]) -> str:
    """Shell text for `sh -s` that writes scripts and data into the directory `home` of a helper.

    The scripts are the named files of `package`, and what all of them share; `data` are files by name, as
    their lines. Data may be secret: the text travels by standard input, `printf` is part of the shell, and
    `home` is in the helper's own /tmp, which is private and in memory.
    """
    texts = {_SHARED: read_text(__name__, _SHARED)} | {name: read_text(package, name) for name in names}
    parts = [f"cat >{home}/{name} <<'END_OF_FILE'\n{text}END_OF_FILE\n" for name, text in texts.items()]
    for name, lines in data.items():
        parts.append(f": >{home}/{name}\n")
        parts += [f"printf '%s\\n' {shlex.quote(line)} >>{home}/{name}\n" for line in lines]
    return f"set -e\numask 077\nmkdir -p {home}\n{''.join(parts)}"


def read_text(package: str, name: str) -> str:
    """A script or SQL file that lies in `package`."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
