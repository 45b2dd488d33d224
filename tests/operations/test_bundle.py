"""A stack carried to another machine in one file; and files that nobody should restore from."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bundle.sample import archive, handmade, member, parts_of, resealed
from tests.operations.papers import holds, started
from tests.operations.small_stack import SmallStack, small_stack
from tests.samples import digest_of
from volops.catalog import Catalog
from volops.errors import RestoreFailed, VolopsError
from volops.gzip_stream import gunzip, gzip
from volops.manifest import DigestRecord, Manifest, read_manifest
from volops.operations.backup import Selection, backup
from volops.operations.bundle import bundle
from volops.operations.opening import opened_for_restore
from volops.operations.restore import Restored, restore
from volops.operations.restore_plan import plan_restore
from volops.source import look_around
from volops.store import LocalStore
from volops.workspace import Workspace

OLD, NEW = {"deed": "now", "late": "x"}, {"deed": "then"}


@dataclass(frozen=True)
class Carried:
    """A bundle of a stack that has been changed since, and an empty directory of backups."""

    stack: SmallStack
    file: Path
    empty: Path

    def restore(self, file: Path | None = None, *names: str, trust: bool = False) -> Restored:
        workspace = self.workspace
        around = look_around(workspace.engine, workspace.stack, "")
        entry = workspace.catalog.find(str(file or self.file))
        with opened_for_restore(workspace, entry) as opened:
            plan = plan_restore(workspace, around, opened, names)
            return restore(workspace, around, plan, lambda _: None, patience=60, trust=trust)

    @property
    def workspace(self) -> Workspace:
        """The stack's, as on a machine that has no backup."""
        found = self.stack.workspace()
        catalog = Catalog(LocalStore(self.empty), found.stack.project)
        return Workspace(
            found.stack, found.settings, found.engine, found.registry, catalog, found.assignments,
            self.empty / ".volops", self.empty, found.compose,
        )  # fmt: skip

    def altered(self, change: Callable[[bytes], bytes]) -> Path:
        """The bundle with its archive of `papers` changed, and a manifest that says so."""
        parts = parts_of(self.file)
        inner = read_manifest(parts[0][1], "the bundle")
        (papers,) = [volume for volume in inner.volumes if volume.key == "papers"]
        (record,) = papers.artifacts
        plain = change(b"".join(gunzip([dict(parts)[record.file]], "papers")))
        stored = b"".join(gzip([plain]))
        said = record.model_copy(
            update={
                "plain": DigestRecord.of(digest_of(plain)),
                "stored": DigestRecord.of(digest_of(stored)),
            }
        )
        facts = {key: value for key, value in papers.facts.items() if key != "tree_sha256"}
        changed = papers.model_copy(update={"artifacts": (said,), "facts": facts})
        volumes = tuple(changed if volume.key == "papers" else volume for volume in inner.volumes)
        lying: Manifest = inner.model_copy(update={"volumes": volumes})
        others = [member(name, stored if name == record.file else data) for name, data in parts[1:]]
        return handmade(self.file.with_name("altered.tar.gz"), resealed(lying), *others)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:
    directory = tmp_path_factory.mktemp("bundled")
    with small_stack(directory) as stack:
        stack.fill("papers", **NEW)
        stack.fill("letters", first="dear all")
        stack.compose("exec", "-T", "store", "sh", "-c", "chown 1234:4321 /srv/papers; chmod 750 /srv/papers")
        workspace = stack.workspace()
        backup(workspace, Selection(), lambda _: None)
        file = directory / "carried" / "some.tar.gz"
        file.parent.mkdir()
        bundle(workspace.catalog, workspace.catalog.find("latest"), file, lambda _: None)
        yield Carried(stack, file, directory / "empty")


@pytest.fixture
def carried(running: Carried) -> Carried:
    running.stack.fill("papers", **OLD)
    return running


def look(stack: SmallStack) -> str:
    return stack.compose("exec", "-T", "store", "sh", "-c", "stat -c '%u:%g %a' /srv/papers")


def with_member(extra: bytes) -> Callable[[bytes], bytes]:
    return lambda plain: (
        plain.rstrip(b"\0").ljust(-(-len(plain.rstrip(b"\0")) // 512) * 512, b"\0") + extra + archive()
    )


def test_one_file_restores_where_there_is_no_backup(carried: Carried) -> None:
    carried.restore()
    assert holds(carried.stack, "papers") == NEW
    assert holds(carried.stack, "letters") == {"first": "dear all"}
    assert look(carried.stack) == "1234:4321 750"
    assert list((carried.empty / ".incoming").iterdir()) == []


def test_one_volume_of_it(carried: Carried) -> None:
    carried.stack.fill("letters", second="and all others")
    carried.restore(None, "papers")
    assert holds(carried.stack, "papers") == NEW
    assert holds(carried.stack, "letters")["second"] == "and all others"
    carried.stack.compose("exec", "-T", "store", "rm", "/srv/letters/second")


def test_a_damaged_bundle_is_refused_before_anything_is_touched(carried: Carried) -> None:
    data = bytearray(carried.file.read_bytes())
    data[-20] ^= 1
    damaged = carried.file.with_name("damaged.tar.gz")
    damaged.write_bytes(data)
    before = started(carried.stack, "store")
    with pytest.raises(VolopsError, match="damaged"):
        carried.restore(damaged)
    assert holds(carried.stack, "papers") == OLD
    assert started(carried.stack, "store") == before
    assert list((carried.empty / ".incoming").iterdir()) == []


@pytest.mark.parametrize(
    "extra",
    [
        member("../../../escaped", b"x"),
        member("/escaped", b"x"),
        member("./deed2", kind=tarfile.LNKTYPE, linkname="/etc/passwd"),
        member("./way", kind=tarfile.SYMTYPE, linkname="deed") + member("./way/escaped", b"x"),
        member("./.volops/phase", b"done\n"),
    ],
    ids=["above", "absolute", "hard link", "through a link", "volops"],
)
def test_a_hostile_archive_changes_nothing_however_it_is_trusted(carried: Carried, extra: bytes) -> None:
    before = started(carried.stack, "store")
    with pytest.raises(RestoreFailed, match="is refused"):
        carried.restore(carried.altered(with_member(extra)), trust=True)
    assert holds(carried.stack, "papers") == OLD
    assert started(carried.stack, "store") == before
    assert carried.stack.left_behind() == []
    assert carried.stack.compose("exec", "-T", "store", "sh", "-c", "ls /srv/papers") == "deed\nlate"


def test_what_only_its_maker_should_unpack_needs_to_be_trusted(carried: Carried) -> None:
    extra = member("./outside", kind=tarfile.SYMTYPE, linkname="/etc/hostname")
    extra += member("./null", kind=tarfile.CHRTYPE, devmajor=1, devminor=3)
    extra += member("./sh", b"#!/bin/sh\n", mode=0o4755)
    file = carried.altered(with_member(extra))
    with pytest.raises(RestoreFailed, match=r"'\./outside' is a link that leads outside") as refused:
        carried.restore(file)
    assert "--trust" in refused.value.next_step
    assert holds(carried.stack, "papers") == OLD
    carried.restore(file, trust=True)
    shown = carried.stack.compose(
        "exec", "-T", "store", "sh", "-c", "cd /srv/papers; readlink outside; stat -c '%F %a' null sh"
    )
    assert shown.splitlines() == ["/etc/hostname", "character special file 644", "regular file 4755"]


def test_a_volume_of_the_stack_itself_may_hold_all_of_that(carried: Carried) -> None:
    carried.stack.compose(
        "exec", "-T", "store", "sh", "-c",
        "cd /srv/papers; rm -rf outside null sh; ln -s /etc/hostname outside; ln -s ../../x up;"
        "mknod null c 1 3; echo >sh; chmod 4755 sh; ln -s deed way; ln way again",
    )  # fmt: skip
    workspace = carried.workspace
    backup(workspace, Selection(), lambda _: None)
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ["papers"])
    before = carried.stack.compose("exec", "-T", "store", "sh", "-c", "ls -l --full-time /srv/papers")
    restore(workspace, around, plan, lambda _: None, patience=60)
    assert carried.stack.compose("exec", "-T", "store", "sh", "-c", "ls -l --full-time /srv/papers") == before
