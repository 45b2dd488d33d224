"""`manifest.json` as bytes: what is read back, and what is refused with one clear line."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples import manifest, volume_record
from volops.errors import ManifestInvalid, VolopsError
from volops.manifest import manifest_bytes, manifest_schema, read_manifest
from volops.manifest.document import _AFTER_SEAL, _SEAL_AT
from volops.manifest.records import UNSEALED

PUBLISHED_SCHEMA = Path(__file__).parents[2] / "docs" / "manifest.schema.json"
WRITTEN = manifest_bytes(manifest())


def sealed(document: Any) -> bytes:
    """A document of any content with a right seal, as somebody hostile could write it."""
    data = json.dumps(document | {"seal": UNSEALED}, indent=2).encode() + b"\n"
    return data[:_SEAL_AT] + hashlib.sha256(data).hexdigest().encode() + _AFTER_SEAL


def changed(**changes: Any) -> bytes:
    document = json.loads(WRITTEN)
    del document["seal"]
    return sealed(document | changes)


def test_what_was_written_is_read_back() -> None:
    back = read_manifest(WRITTEN, "manifest.json")
    assert back.model_copy(update={"seal": UNSEALED}) == manifest()
    assert back.seal != UNSEALED
    assert manifest_bytes(back) == WRITTEN


def test_a_newer_format_is_refused_with_the_way_out() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        read_manifest(changed(format=2, shape="unheard of"), "backups/x/manifest.json")
    assert caught.value.message == (
        "backups/x/manifest.json was written by a newer volops (manifest format 2, this one reads 1)"
    )
    assert caught.value.next_step == "upgrade volops on this machine"


@pytest.mark.parametrize("format", [0, -1, "1", None, 1.0, True, [1]])
def test_a_format_that_never_was_is_refused(format: object) -> None:
    with pytest.raises(ManifestInvalid, match="names no manifest format"):
        read_manifest(changed(format=format), "manifest.json")


def test_a_manifest_that_was_edited_is_refused() -> None:
    edited = WRITTEN.replace(b'"public.orders": 5000', b'"public.orders": 4000')
    assert edited != WRITTEN
    with pytest.raises(ManifestInvalid, match="changed after it was written"):
        read_manifest(edited, "manifest.json")


def volumes_with(**changes: Any) -> dict[str, Any]:
    return {"volumes": [json.loads(volume_record().model_dump_json()) | changes]}


def artifact_with(**changes: Any) -> dict[str, Any]:
    artifact = json.loads(volume_record().artifacts[0].model_dump_json())
    return volumes_with(artifacts=[artifact | changes])


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"unknown": 1}, "unknown"),
        ({"name": "../outside"}, "name"),
        ({"kind": "splendid"}, "kind"),
        ({"created": "yesterday"}, "created"),
        ({"created": "2025-10-25T14:30:22"}, "created"),
        (volumes_with(key="db\x1b[2J"), "volumes.0.key"),
        (volumes_with(external="yes"), "volumes.0.external"),
        (volumes_with(seconds=-1), "volumes.0.seconds"),
        (volumes_with(status="failed", artifacts=[]), "the whole"),
        (artifact_with(file="/etc/passwd"), "volumes.0.artifacts.0.file"),
        (artifact_with(file="../outside"), "volumes.0.artifacts.0.file"),
        (artifact_with(file="manifest.json"), "volumes.0.artifacts.0.file"),
        (artifact_with(name="a/b"), "volumes.0.artifacts.0.name"),
        (artifact_with(stored={"size": -1, "sha256": "ab" * 32}), "volumes.0.artifacts.0.stored.size"),
        (artifact_with(stored={"size": "1", "sha256": "ab" * 32}), "volumes.0.artifacts.0.stored.size"),
        (artifact_with(stored={"size": 1, "sha256": "AB" * 32}), "volumes.0.artifacts.0.stored.sha256"),
    ],
)
def test_a_hostile_manifest_is_refused_with_the_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        read_manifest(changed(**changes), "manifest.json")
    assert caught.value.message.startswith(f"manifest.json is not a valid manifest: {place}: ")
    assert not re.search(r"[\n\x1b]", caught.value.message)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"{", b"[]", b"null", b"9" * 5000, b"[" * 100_000, b'{"format": 1}', WRITTEN[:-1]],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        read_manifest(data, "manifest.json")


@given(at=st.integers(0, len(WRITTEN) - 1), mask=st.integers(1, 255))
def test_a_change_of_any_byte_is_an_error(at: int, mask: int) -> None:
    data = bytearray(WRITTEN)
    data[at] ^= mask
    with pytest.raises(ManifestInvalid):
        read_manifest(bytes(data), "manifest.json")


@given(at=st.integers(0, len(WRITTEN)), cut=st.integers(0, 200), inserted=st.binary(max_size=20))
def test_a_cut_or_an_insertion_is_an_error(at: int, cut: int, inserted: bytes) -> None:
    data = WRITTEN[:at] + inserted + WRITTEN[at + cut :]
    if data == WRITTEN:
        assert read_manifest(data, "manifest.json").name == manifest().name
    else:
        with pytest.raises(ManifestInvalid):
            read_manifest(data, "manifest.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
def test_any_value_anywhere_ends_in_a_manifest_or_in_our_error(data: st.DataObject) -> None:
    document = json.loads(WRITTEN)
    del document["seal"]
    node: Any = document
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = data.draw(json_values)
            break
        node = node[key]
    with contextlib.suppress(VolopsError):
        read_manifest(sealed(document), "manifest.json")


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert PUBLISHED_SCHEMA.read_text() == manifest_schema(), (
        "write it again: python -c 'from volops.manifest import manifest_schema; "
        "print(manifest_schema(), end=str())' > docs/manifest.schema.json"
    )


def test_no_environment_can_be_put_into_a_manifest() -> None:
    assert "environment" not in manifest_schema().lower().replace("environments are left out", "")
