"""What databases are called while one takes the place of another, and afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

NAME_BYTES = 63
"""NAMEDATALEN - 1 (manual, "Identifiers and Key Words"); the server would cut a longer name silently."""
_INCOMING = "_volops_incoming"
_BEFORE = "_before_"
_STAMP = "%Y%m%d_%H%M%S"
_STAMP_LIKE = r"\d{8}_\d{6}"
_STAMP_BYTES = 15


def incoming(name: str) -> str:
    """What a database is called until it takes the place of the one of that name."""
    return _fit(name, len(_INCOMING)) + _INCOMING


def before(name: str, moment: datetime) -> str:
    """What the database is called after its restore at that moment."""
    return _stem(name) + moment.strftime(_STAMP)


def is_before(name: str, found: str) -> bool:
    """True when `found` is what `before` calls a database of that name."""
    return re.fullmatch(re.escape(_stem(name)) + _STAMP_LIKE, found) is not None


def _stem(name: str) -> str:
    return _fit(name, len(_BEFORE) + _STAMP_BYTES) + _BEFORE


def _fit(name: str, suffix_bytes: int) -> str:
    return name.encode()[: NAME_BYTES - suffix_bytes].decode("utf-8", "ignore")


def quoted(name: str) -> str:
    """A name as an SQL identifier, always in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as an SQL literal (standard_conforming_strings may be off)."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'" if "\\" in text else f"'{escaped}'"


def qualified(schema: str, name: str, quoting: Callable[[str], str] = quoted) -> str:
    """A table's name as SQL wants it. After a dot no word is reserved."""
    plain = re.fullmatch(r"[a-z][a-z0-9_]*", name)
    return f"{schema if schema == 'public' else quoting(schema)}.{name if plain else quoting(name)}"


def unquoted(part: str) -> str:
    """The name that SQL writes so."""
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def printed(name: str) -> str:
    """A name as an SQL identifier that stands on one line of a terminal, whatever is in it (manual,
    "Lexical Structure", U&"…")."""
    if name.isprintable():
        return quoted(name)
    escaped = (c if c.isprintable() and c != "\\" else f"\\+{ord(c):06X}" for c in name)
    return "U&" + quoted("".join(escaped))


def printed_literal(text: str) -> str:
    """Text as an SQL literal that stands on one line of a terminal."""
    if text.isprintable():
        return literal(text)
    escaped = (c if c.isprintable() and c not in "\\'" else f"\\U{ord(c):08X}" for c in text)
    return f"E'{''.join(escaped)}'"
