"""A backup in a directory, its bundle, and tar archives by hand: hostile ones among them."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Iterable
from pathlib import Path

from tests.samples import manifest, volume_record
from volops.bundle import unpacked, write_bundle
from volops.catalog import Catalog, Draft, Entry
from volops.manifest import ArtifactRecord, BackupKind, Manifest, manifest_bytes
from volops.model import Artifact
from volops.operations.volume_dump import store_artifact
from volops.store import LocalStore

NAME = "full_backup_20251025_143022"
SQL = b"CREATE TABLE orders (id int);\n-- PostgreSQL database dump complete\n"
NOISE = hashlib.shake_256(b"photo").digest(5_000)


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **changes: object) -> bytes:
    """One member as Python's tarfile writes it, its data and padding included."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(data)
    for key, value in changes.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % 512)


def archive(*members: bytes) -> bytes:
    """Members as a whole tar archive."""
    return b"".join(members) + bytes(1024)


TREE = archive(
    member("./", kind=tarfile.DIRTYPE, mode=0o755),
    member("./photo.jpg", NOISE),
    member("./link", kind=tarfile.SYMTYPE, linkname="photo.jpg"),
)


def backup(root: Path, *, kind: BackupKind = BackupKind.FULL, tree: bytes = TREE) -> Entry:
    """A backup with a dump and a tree in the directory of backups `root`."""
    with Catalog(LocalStore(root)).begin(NAME) as draft:
        dump = _stored(draft, "db_backup_20251025_143022.sql", "application/sql", SQL)
        files = _stored(draft, "media_backup_20251025_143022.tar", "application/x-tar", tree)
        compose = _stored(draft, "compose_20251025_143022.tar", "application/x-tar", archive())
        name = f"partial_{NAME}" if kind is BackupKind.PARTIAL else NAME
        volumes = (
            volume_record("db", artifacts=(dump,)),
            volume_record("uploads", artifacts=(files,), type="media", facts={"entries": 3}),
        )
        draft.commit(manifest(name=name, kind=kind, volumes=volumes, artifacts=(compose,)))
    return Catalog(LocalStore(root)).find(name)


def _stored(draft: Draft, name: str, media_type: str, content: bytes) -> ArtifactRecord:
    made = store_artifact(draft, Artifact(name, media_type, iter([content])), lambda _: None, plain=False)
    return ArtifactRecord.of(made)


def bundle(directory: Path, tree: bytes = TREE) -> Path:
    """A bundle of such a backup, alone in `directory`."""
    directory.mkdir(exist_ok=True)
    target = directory / f"{NAME}.tar.gz"
    write_bundle(backup(directory / "elsewhere", tree=tree), target, directory / "elsewhere")
    return target


def handmade(path: Path, *members: bytes) -> Path:
    """A bundle, or what pretends to be one, of these members."""
    path.write_bytes(gzip.compress(archive(*members), 1, mtime=0))
    return path


def parts_of(path: Path) -> list[tuple[str, bytes]]:
    """The members of a gzip'd archive, as another reader reads them."""
    with tarfile.open(path) as tar:
        return [(info.name, _content(tar, info)) for info in tar]


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(info)
    return file.read() if file else b""


def resealed(inner: Manifest) -> bytes:
    """The member that a bundle of this manifest begins with."""
    return member("manifest.json", manifest_bytes(inner))


def contents(path: Path, scratch: Path) -> dict[str, bytes]:
    """What unpacking a bundle gives: the plain bytes of every artifact by name."""
    entry = Catalog(LocalStore(scratch)).find(str(path))
    with unpacked(entry, scratch) as opened:
        return dict(plain(opened))


def plain(entry: Entry) -> Iterable[tuple[str, bytes]]:
    """The plain bytes of an entry's artifacts."""
    from volops.pipeline import opened

    assert entry.manifest is not None
    for record in entry.manifest.every_artifact:
        stored = entry.store.open(entry.group, record.file)
        stream = opened(record.file, stored, record.codecs, record.stored.digest, record.plain.digest)
        yield record.name, b"".join(stream)


def everything(directory: Path) -> dict[str, bytes]:
    """Every file below a directory with its content; other things with none."""
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else b""
        for path in sorted(directory.rglob("*"))
    }
