"""A tree of files comes back as it was: everything its file system knew of it but sockets."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live import LiveVolume, Opened, mounted, opened, surroundings
from volops.engine import Engine
from volops.file_tree import PlainFiles
from volops.model import Digest, StoredArtifact, Volume
from volops.source import Surroundings

SOCKET = "./specials/socket"
RESERVED = "./sparse/reserved"
NewVolume = Callable[[], LiveVolume]


def dumped(around: Surroundings, volume: LiveVolume, target: Path) -> tuple[Opened, dict[str, Any], Digest]:
    """Dump a volume into a file; how it was seen, its facts, and the digest of the archive."""
    with opened(around, Volume(volume.name, volume.name)) as shown:
        digest = shown.pack(target).digest()
        name = shown.source.file_name("files_backup", ".tar")
        stored = StoredArtifact(name, f"{name}.zst", "application/x-tar", ("zstd",), digest, digest)
        shown.source.artifacts = (stored,)
        return shown, dict(PlainFiles().facts(shown.source)), digest


@pytest.fixture
def around(engine: Engine) -> Surroundings:
    """Those of a stack without services."""
    return surroundings(engine)


def listed(volume: LiveVolume) -> dict[str, Any]:
    """What the volume holds. Space that was only reserved is data or a hole as the kernel pleases."""
    listing = volume.listing()
    listing[RESERVED].pop("areas")
    return listing


def test_everything_comes_back_as_it_was(around: Surroundings, new_volume: NewVolume, tmp_path: Path) -> None:
    original, restored = new_volume(), new_volume()
    original.fill()
    before = listed(original)
    shown, facts, _ = dumped(around, original, tmp_path / "original")
    assert listed(original) == before

    restored.restore(tmp_path / "original")
    after = listed(restored)
    assert before.pop(SOCKET)
    assert shown.warnings == [f"{SOCKET}: socket ignored"]
    assert before.keys() == after.keys()
    for path, entry in before.items():
        assert after[path] == entry, path
    assert len(before) == facts["entries"]

    _, facts_again, _ = dumped(around, restored, tmp_path / "restored")
    assert facts_again == facts


def test_the_test_itself_covers_what_it_claims(volume: LiveVolume) -> None:
    """A kernel or file system that refuses some of it would make the test above say less than it does."""
    volume.fill()
    listing = volume.listing()
    xattrs = listing["./attributes/file"]["xattrs"]
    assert {"user.binary", "user.empty", "security.custom", "system.posix_acl_access"} <= xattrs.keys()
    assert "system.posix_acl_default" in listing["./attributes/folder"]["xattrs"]
    assert "security.capability" in listing["./attributes/server"]["xattrs"]
    assert "security.custom" in listing["./attributes/link"]["xattrs"]
    assert listing["./modes/7777"]["mode"] == "0o107777"
    assert listing["./modes/7777"]["owner"] == [3_000_000_000 - 0o7777, 3_000_000_000 + 0o7777]
    assert listing["./links/a-second"]["links"] == 4
    assert listing["./links/dangling too"]["same as"] == "./links/dangling"
    assert listing["./sparse/islands"]["size"] > 1 << 31
    assert len(listing["./sparse/islands"]["areas"]) == 4
    assert listing["."]["owner"] == [70, 3_000_000_000]
    assert listing["."]["mtime"] == 1_600_000_000_123_456_789
    assert any(entry["mtime"] < 0 for entry in listing.values())
    assert any(entry["mtime"] > 1 << 62 for entry in listing.values())
    assert any(len(path) > 3600 for path in listing)
    assert {"0o10620", "0o20666", "0o60660", "0o41777"} <= {entry["mode"] for entry in listing.values()}


def test_the_same_tree_gives_the_same_archive(engine: Engine, volume: LiveVolume, tmp_path: Path) -> None:
    volume.sh("cd /volume; mkdir d; touch b a d/z d/y; truncate -s 3M hole; ln a c; printf x >>b")
    digests = {dumped(surroundings(engine), volume, tmp_path / str(number))[2] for number in range(3)}
    assert len(digests) == 1


def test_another_tree_gives_another_archive(around: Surroundings, volume: LiveVolume, tmp_path: Path) -> None:
    changes = (
        "printf x >file; touch --date=@1 file",
        "touch --date=@1.000000001 file",
        "chmod 0640 file",
        "chown 1 file",
        "ln file link",
        "mv link other",
        "chmod 0700 .",
    )
    with opened(around, Volume(volume.name, volume.name)) as shown:
        seen = set()
        for change in changes:
            volume.sh(f"cd /volume; {change}; touch --date=@2 .")
            seen.add(shown.pack(tmp_path / "archive").digest())
    assert len(seen) == len(changes)


def test_attributes_that_were_replaced_come_back(
    around: Surroundings, new_volume: NewVolume, tmp_path: Path
) -> None:
    """ext4 keeps them in an order that depends on their history, so this archive may differ."""
    original, restored = new_volume(), new_volume()
    original.python(Path(__file__).parent / "trees" / "replaced.py")
    dumped(around, original, tmp_path / "archive")
    restored.restore(tmp_path / "archive")
    assert restored.listing() == original.listing()


def test_an_empty_volume_is_a_tree_too(around: Surroundings, new_volume: NewVolume, tmp_path: Path) -> None:
    original, restored = new_volume(), new_volume()
    original.sh("chown 999:998 /volume; chmod 0700 /volume; touch --date=@1.5 /volume")
    _, facts, _ = dumped(around, original, tmp_path / "archive")
    assert facts["entries"] == 1
    restored.restore(tmp_path / "archive")
    assert restored.listing() == original.listing()


def test_facts_say_by_what_the_archive_was_made(
    around: Surroundings, volume: LiveVolume, tmp_path: Path
) -> None:
    _, facts, digest = dumped(around, volume, tmp_path / "archive")
    assert facts["layout"] == "tree"
    assert facts["tar"].startswith("1.")
    assert facts["tree_sha256"] == digest.sha256


def test_a_marker_is_found_only_with_its_token(around: Surroundings, volume: LiveVolume) -> None:
    token = uuid.uuid4().hex
    with opened(around, mounted("/anything", name=volume.name)) as shown:
        assert not PlainFiles().found(shown.source, token)
        PlainFiles().plant(shown.source, token)
        assert PlainFiles().found(shown.source, token)
        assert not PlainFiles().found(shown.source, "other")
    volume.sh(f"printf else >/volume/.volops-marker-{token}")
    with opened(around, mounted("/anything", name=volume.name)) as shown:
        assert not PlainFiles().found(shown.source, token)


def test_plain_files_claim_nothing() -> None:
    assert not PlainFiles().detect(mounted("/data"))
