"""Which options of `volops restore` exclude each other: none is passed over in silence."""

from __future__ import annotations

from collections.abc import Collection

from volops.errors import InvalidUse

_EXCLUDE: dict[str, tuple[str, tuple[str, ...]]] = {
    "--into": ("restores whole volumes", ("--path", "--to", "--database", "--table")),
    "--to": ("unpacks files of a volume", ("--database", "--table")),
    "--path": ("chooses files of a volume", ("--database", "--table")),
}


def require_compatible(given: Collection[str]) -> None:
    """Raise InvalidUse, naming both, when two of the options that were given ask for different restores."""
    for option, (does, others) in _EXCLUDE.items():
        found = [other for other in others if other in given]
        if option in given and found:
            raise InvalidUse(
                f"{option} {does}, and {' and '.join(found)} asks for something else",
                next_step=f"leave out {option}, or {' and '.join(found)}",
            )
    if "--as" in given and "--table" not in given:
        raise InvalidUse("--as says what one table is to be called", next_step="name it with --table")
