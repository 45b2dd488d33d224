"""Scripts that run in a helper beside a service's container, and how they get there."""

from __future__ import annotations

from importlib.resources import files

_SHARED = "beside.sh"


def installation(home: str, package: str, names: tuple[str, ...]) -> str:
    """Shell text for `sh -s` that writes the named files of `package`, and what all scripts share, to `home`.

    `home` is a directory in the helper's own /tmp, which is private and in memory.
    """
    texts = {_SHARED: read_text(__name__, _SHARED)} | {name: read_text(package, name) for name in names}
    parts = [f"cat >{home}/{name} <<'END_OF_FILE'\n{text}END_OF_FILE\n" for name, text in texts.items()]
    return f"set -e\numask 077\nmkdir -p {home}\n{''.join(parts)}"


def read_text(package: str, name: str) -> str:
    """A script or SQL file that lies in `package`."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
