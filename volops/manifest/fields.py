"""The kinds of text a manifest may hold, and what each refuses or masks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from volops.model import MANIFEST_FILE

MASK = "***"

_SECRET_KEY = re.compile(r"pass|secret|token|credential|private.?key", re.IGNORECASE)
_SECRET_PAIR = re.compile(r"([\w.-]*(?:pass|secret|token|credential)[\w.-]*)=[^,\s]*", re.IGNORECASE)
_URL_USER = re.compile(r"(?<=//)[^/@\s]+(?=@)")


def _has_control(text: str) -> bool:
    # What str.isprintable accepts has none, and it takes a hundredth of the time of looking at each.
    return not text.isprintable() and any(map(_is_control, text))


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _one_line(text: str) -> str:
    if _has_control(text):
        raise ValueError("holds a control character")
    return text


def _prose(text: str) -> str:
    if not _has_control(text):
        return text
    return "".join(" " if _is_control(character) else character for character in text)


def check_file_name(name: str) -> str:
    """Return `name` if it can only ever mean a file directly in the backup; else raise ValueError."""
    if not name or name.startswith(".") or "/" in name or "\\" in name:
        raise ValueError(f"{name!r} is not a plain file name")
    if _has_control(name):
        raise ValueError(f"{name!r} holds a control character")
    if len(name.encode()) > 255:
        raise ValueError(f"{name[:40]!r}… is longer than 255 bytes")
    if name == MANIFEST_FILE:
        raise ValueError(f"{name!r} is the manifest's own name")
    return name


def without_secrets(values: Mapping[str, str]) -> dict[str, str]:
    """Driver options or labels with passwords, tokens and the users of URLs masked.

    Mount options of network file systems carry passwords (mount.cifs(8): `password=`).
    """
    return {key: _masked(key, value) for key, value in values.items()}


def _masked(key: str, value: str) -> str:
    if _SECRET_KEY.search(key):
        return MASK
    return _URL_USER.sub(MASK, _SECRET_PAIR.sub(rf"\1={MASK}", value))


Line = Annotated[str, AfterValidator(_one_line)]
"""A name or a key: refused with a control character in it, since programs and terminals act on those."""
Prose = Annotated[str, AfterValidator(_prose)]
"""A message: control characters become spaces."""
FileName = Annotated[str, AfterValidator(check_file_name)]
BackupName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Utc = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Public = Annotated[dict[Line, Prose], AfterValidator(without_secrets)]
"""Text by name, with secrets masked."""
