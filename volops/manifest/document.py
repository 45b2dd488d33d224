"""`manifest.json` itself: written with a seal, read with distrust, described by a JSON schema."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import ValidationError

from volops.errors import ManifestInvalid
from volops.manifest.records import UNSEALED, Manifest

FORMAT = 1

_BEFORE_SEAL = b'\n  "seal": "'
_AFTER_SEAL = b'"\n}\n'
_SEAL_AT = -len(_AFTER_SEAL) - len(UNSEALED)


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as a file: indented JSON whose last member is the seal."""
    unsealed = manifest.model_copy(update={"seal": UNSEALED})
    data = unsealed.model_dump_json(indent=2).encode() + b"\n"
    return data[:_SEAL_AT] + hashlib.sha256(data).hexdigest().encode() + _AFTER_SEAL


def read_manifest(data: bytes, origin: str) -> Manifest:
    """The manifest in `data`; `origin` names it in messages.

    Raises ManifestInvalid, in one line, when it is damaged, changed since it was written, of a newer
    format, or holds what a manifest must not hold.
    """
    try:
        manifest = Manifest.model_validate_json(data, strict=True)
    except ValidationError as error:
        # What is wrong with the whole says more than what is therefore wrong with a part.
        _require_known_format(_parsed(data, origin), origin)
        _require_seal(data, origin)
        raise ManifestInvalid(f"{origin} is not a valid manifest: {_first(error)}") from error
    _require_seal(data, origin)
    return manifest


def manifest_schema() -> str:
    """The JSON schema of `manifest.json`, as published in docs/manifest.schema.json."""
    schema = Manifest.model_json_schema(mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2) + "\n"


def _parsed(data: bytes, origin: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid(f"{origin} is not JSON: it is damaged or not a manifest") from error


def _require_known_format(document: Any, origin: str) -> None:
    found = document.get("format") if isinstance(document, dict) else None
    if type(found) is not int or found < 1:
        raise ManifestInvalid(f"{origin} names no manifest format: it is damaged or not a manifest")
    if found > FORMAT:
        raise ManifestInvalid(
            f"{origin} was written by a newer volops (manifest format {found}, this one reads {FORMAT})",
            next_step="upgrade volops on this machine",
        )


def _require_seal(data: bytes, origin: str) -> None:
    seal = data[_SEAL_AT : -len(_AFTER_SEAL)]
    unsealed = data[:_SEAL_AT] + UNSEALED.encode() + _AFTER_SEAL
    shaped = data.endswith(_AFTER_SEAL) and data[:_SEAL_AT].endswith(_BEFORE_SEAL)
    if not shaped or hashlib.sha256(unsealed).hexdigest().encode() != seal:
        raise ManifestInvalid(f"{origin} was changed after it was written, or is damaged")


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"])) or "the whole"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{place}: {first['msg'].removeprefix('Value error, ')}{more}"
