"""A bundle from anywhere gives what was bundled, or an error; whatever is in it, nothing else is written."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundle.sample import (
    SQL,
    TREE,
    archive,
    backup,
    bundle,
    contents,
    everything,
    handmade,
    member,
    parts_of,
    resealed,
)
from volops.bundle import unpacked
from volops.catalog import Catalog, EntryState
from volops.errors import ArtifactCorrupt, HostileArchive, StoreFull, VolopsError
from volops.manifest import DigestRecord, Manifest, read_manifest
from volops.model import Digest
from volops.operations.verify import verify
from volops.plugins import discover
from volops.store import LocalStore

EXPECTED = {
    "db_backup_20251025_143022.sql": SQL,
    "media_backup_20251025_143022.tar": TREE,
    "compose_20251025_143022.tar": archive(),
}
UNPACKING = """
import os, sys
from pathlib import Path
from volops.bundle import unpacked
from volops.catalog import Catalog
from volops.operations.verify import verify
from volops.plugins import discover
from volops.store import LocalStore
scratch = Path(sys.argv[2])
with unpacked(Catalog(LocalStore(scratch)).find(sys.argv[1]), scratch):
    print("unpacked", flush=True)
    sys.stdin.read()
"""


def inner(path: Path) -> Manifest:
    return read_manifest(parts_of(path)[0][1], "the bundle")


def rebuilt(path: Path, *changes: tuple[str, bytes]) -> list[bytes]:
    """The members of a bundle, with the content of some changed."""
    changed = dict(changes)
    return [member(name, changed.get(name, data)) for name, data in parts_of(path)]


def refused(path: Path, tmp_path: Path, kind: type[VolopsError] = HostileArchive) -> str:
    """The message with which a bundle is refused; fails when anything is left or was written elsewhere."""
    scratch = tmp_path / "scratch"
    before = everything(tmp_path)
    with pytest.raises(kind) as error:
        contents(path, scratch)
    after = {name: data for name, data in everything(tmp_path).items() if not name.startswith("scratch")}
    assert after == before
    assert [each for each in scratch.rglob("*") if each.is_file()] == []
    return error.value.message


def test_what_was_bundled_comes_back(tmp_path: Path) -> None:
    assert contents(bundle(tmp_path), tmp_path / "empty") == EXPECTED


def test_it_is_private_while_it_is_unpacked_and_gone_afterwards(tmp_path: Path) -> None:
    path, scratch = bundle(tmp_path), tmp_path / "empty"
    with unpacked(Catalog(LocalStore(scratch)).find(str(path)), scratch) as entry:
        assert (entry.state, entry.outside) == (EntryState.COMPLETE, True)
        place = Path(entry.store.place(entry.group))
        assert stat.S_IMODE(scratch.stat().st_mode) == 0o700
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert [each for each in scratch.rglob("*") if each.name != ".incoming"] == []


def test_any_other_backup_is_left_as_it_is(tmp_path: Path) -> None:
    entry = backup(tmp_path)
    with unpacked(entry, tmp_path) as same:
        assert same is entry


def test_what_a_killed_run_unpacked_goes_with_the_next(tmp_path: Path) -> None:
    path, scratch = bundle(tmp_path), tmp_path / "empty"
    argv = [sys.executable, "-c", UNPACKING, str(path), str(scratch)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "unpacked\n"
        left = [each.name for each in scratch.rglob("*.sql")]
        os.kill(process.pid, signal.SIGKILL)
    assert left == ["db_backup_20251025_143022.sql"]
    assert contents(path, scratch) == EXPECTED
    assert [each for each in scratch.rglob("*") if each.name != ".incoming"] == []


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    path, scratch = bundle(tmp_path), tmp_path / "empty"
    with (
        pytest.raises(KeyboardInterrupt),
        unpacked(Catalog(LocalStore(scratch)).find(str(path)), scratch),
    ):
        raise KeyboardInterrupt
    assert [each for each in scratch.rglob("*") if each.name != ".incoming"] == []


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (member("/etc/passwd", b"x"), "'/etc/passwd' is not in its manifest"),
        (member("../outside", b"x"), "'../outside' is not in its manifest"),
        (member("db_backup_20251025_143022.sql", SQL), "'db_backup_20251025_143022.sql' is in it twice"),
        (member("manifest.json", b"{}"), "'manifest.json' is in it twice"),
        (member("sub", kind=tarfile.DIRTYPE), "'sub/' is no plain file"),
        (member("media", kind=tarfile.SYMTYPE, linkname="/"), "'media' is no plain file"),
        (member("media", kind=tarfile.LNKTYPE, linkname="/etc/passwd"), "'media' is no plain file"),
        (member("sda", kind=tarfile.BLKTYPE, devmajor=8), "'sda' is no plain file"),
        (member("notes.txt", b"x"), "'notes.txt' is not in its manifest"),
    ],
)
def test_a_member_that_has_no_place_in_a_bundle_is_refused(extra: bytes, why: str, tmp_path: Path) -> None:
    path = bundle(tmp_path)
    assert why in refused(handmade(path, *rebuilt(path), extra), tmp_path)


def test_a_link_in_place_of_an_artifact_is_refused(tmp_path: Path) -> None:
    path = bundle(tmp_path)
    parts = [
        member(name, kind=tarfile.SYMTYPE, linkname="/etc/shadow")
        if name.endswith(".sql")
        else member(name, data)
        for name, data in parts_of(path)
    ]
    assert "is no plain file" in refused(handmade(path, *parts), tmp_path)


@pytest.mark.parametrize("content", [SQL + b"more", SQL[:-1], b""])
def test_a_manifest_that_lies_about_a_size_is_refused(content: bytes, tmp_path: Path) -> None:
    path = bundle(tmp_path)
    parts = rebuilt(path, ("db_backup_20251025_143022.sql", content))
    assert f"has {len(content)} bytes, and {len(SQL)} in its manifest" in refused(
        handmade(path, *parts), tmp_path
    )


def test_content_that_is_not_the_manifest_s_is_refused(tmp_path: Path) -> None:
    path = bundle(tmp_path)
    parts = rebuilt(path, ("db_backup_20251025_143022.sql", SQL.swapcase()))
    assert "is damaged" in refused(handmade(path, *parts), tmp_path, ArtifactCorrupt)


def test_a_missing_artifact_is_an_error(tmp_path: Path) -> None:
    path = bundle(tmp_path)
    assert "is missing" in refused(handmade(path, *rebuilt(path)[:-1]), tmp_path, ArtifactCorrupt)


def test_a_manifest_that_lies_about_plain_sizes_is_found_before_more_is_unpacked(tmp_path: Path) -> None:
    """A bomb: a small file that becomes a large one. Reading stops when the size that was said is passed."""
    bomb = archive(member("zeros", bytes(64 << 20)))
    path = bundle(tmp_path, tree=bomb)
    honest = inner(path)
    liar = honest.volumes[1].artifacts[0]
    said = liar.model_copy(update={"plain": DigestRecord.of(Digest(10_240, "00" * 32))})
    volume = honest.volumes[1].model_copy(update={"artifacts": (said,)})
    lying = honest.model_copy(update={"volumes": (honest.volumes[0], volume)})
    handmade(path, resealed(lying), *rebuilt(path)[1:])
    with pytest.raises(ArtifactCorrupt, match="more than 10240 bytes"):
        contents(path, tmp_path / "scratch")


def test_a_bundle_that_says_it_is_larger_than_the_disk_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    path = bundle(tmp_path)
    honest = inner(path)
    record = honest.artifacts[0].model_copy(update={"stored": DigestRecord(size=1 << 60, sha256="00" * 32)})
    handmade(path, resealed(honest.model_copy(update={"artifacts": (record,)})), *rebuilt(path)[1:])
    assert "needs 1152921504606" in refused(path, tmp_path, StoreFull)


def test_one_that_was_repacked_is_no_bundle(tmp_path: Path) -> None:
    path = bundle(tmp_path)
    manifest, *others = rebuilt(path)
    handmade(path, *others, manifest)
    assert Catalog(LocalStore(tmp_path)).find(str(path)).state is EntryState.FOREIGN


def test_a_changed_manifest_makes_it_a_broken_backup(tmp_path: Path) -> None:
    path = bundle(tmp_path)
    manifest, *others = parts_of(path)
    changed = manifest[1].replace(b'"public.orders": 5000', b'"public.orders": 6000')
    assert changed != manifest[1]
    handmade(path, member("manifest.json", changed), *(member(*each) for each in others))
    entry = Catalog(LocalStore(tmp_path)).find(str(path))
    assert (entry.state, entry.manifest) == (EntryState.BROKEN, None)
    assert "was changed after it was written" in entry.problem


@pytest.mark.parametrize(("name", "good"), [("../outside", False), ("./inside", True)])
def test_one_whose_archives_no_restore_takes_is_not_called_good(
    name: str, good: bool, tmp_path: Path
) -> None:
    path = bundle(tmp_path, tree=archive(member(name, b"x")))
    catalog = Catalog(LocalStore(tmp_path / "scratch"))
    with unpacked(catalog.find(str(path)), tmp_path / "scratch") as entry:
        outcomes = {each.volume: each for each in verify(catalog, discover(), entry, lambda _: None)}
    assert (outcomes["uploads"].status == "done") == good
    assert good or "'../outside' has `..` in its name" in outcomes["uploads"].reason


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    directory = tmp_path_factory.mktemp("whole")
    return directory, bundle(directory).read_bytes()


def outcome(directory: Path, data: bytes) -> dict[str, bytes] | None:
    """What unpacking gives; None when it is refused, or known not to be a bundle that can be read."""
    path = directory / "changed.tar.gz"
    path.write_bytes(data)
    entry = Catalog(LocalStore(directory / "scratch")).find(str(path))
    if entry.state is not EntryState.BUNDLE:
        assert entry.manifest is None
        return None
    try:
        return contents(path, directory / "scratch")
    except VolopsError:
        return None
    finally:
        assert [each for each in (directory / "scratch").rglob("*") if each.is_file()] == []


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_byte_never_gives_other_data(whole: tuple[Path, bytes], data: st.DataObject) -> None:
    """gzip ignores some of its header's fields, and a few bits that only fill up."""
    directory, content = whole
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    assert outcome(directory, bytes(changed)) in (None, EXPECTED)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_one_that_is_cut_off_anywhere_is_an_error(whole: tuple[Path, bytes], data: st.DataObject) -> None:
    directory, content = whole
    assert outcome(directory, content[: data.draw(st.integers(0, len(content) - 1))]) is None


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=100))
def test_bytes_after_its_end_are_an_error(whole: tuple[Path, bytes], more: bytes) -> None:
    directory, content = whole
    assert outcome(directory, content + more) is None
