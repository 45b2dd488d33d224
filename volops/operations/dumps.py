"""Dumps of one database: where backups and files hold one, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from volops.catalog import Catalog, Entry
from volops.errors import InvalidUse, NoSuchBackup, UnknownVolume
from volops.gzip_stream import gunzip
from volops.manifest import ArtifactRecord, BackupKind, Manifest, VolumeRecord
from volops.pipeline import opened


@dataclass(frozen=True, slots=True)
class Dump:
    """One database as plain SQL. `name` is for people; `open` gives the SQL from its beginning, as often as
    it is called, and what it gives raises ArtifactCorrupt at its end when it was not whole.

    `facts` are what the type recorded of it (`server`, and in `databases` this one); none without manifest.
    `volume` is the key of the volume it was made of, where that is known.
    """

    name: str
    open: Callable[[], Iterator[bytes]] = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    volume: str = ""


def dump_within(catalog: Catalog, entry: Entry, volume: str | None, database: str | None) -> Dump:
    """The dump of that database (None: of the main one) that a backup with a manifest holds. Raises as
    `dump_of` does, and NoSuchBackup for a file without manifest."""
    if entry.manifest is None:
        raise NoSuchBackup(
            f"{entry.name} has no manifest, which tells what its tables held: {entry.problem}",
            next_step="restore the whole database under another name with --database",
        )
    record = _record(entry, entry.manifest, volume)
    databases = _databases(record)
    main = (name for name, facts in databases.items() if facts.get("main"))
    return _recorded(catalog, entry, record, database or next(main, next(iter(databases))))


def dump_of(catalog: Catalog, entry: Entry, volume: str | None, database: str | None) -> Dump | None:
    """The dump that an entry is, or (when a database is named) the one of it that an entry holds; None when
    the entry is no such thing.

    Raises NoSuchBackup, UnknownVolume, InvalidUse naming what there is.
    """
    if entry.manifest is None:
        return _stranger(catalog, entry)
    if entry.kind is BackupKind.DATABASE:
        return _recorded(catalog, entry, _record(entry, entry.manifest, None), None)
    if database is None:
        return None
    return _recorded(catalog, entry, _record(entry, entry.manifest, volume), database)


def _record(entry: Entry, manifest: Manifest, volume: str | None) -> VolumeRecord:
    """The record of the one volume that is meant and holds databases."""
    records = [record for record in manifest.volumes if _databases(record)]
    if volume is not None:
        chosen = [record for record in records if volume in (record.key, record.name)]
        if not chosen:
            raise UnknownVolume(volume, [record.key for record in records])
        records = chosen
    if not records and entry.kind is BackupKind.DATABASE:
        kinds = ", ".join(dict.fromkeys(record.type for record in manifest.volumes))
        raise InvalidUse(
            f"a dump of type {kinds} cannot be restored beside the live database: its type only dumps",
            next_step=f"load it over the live one: `volops db-shell <{entry.path}`",
        )
    if len(records) != 1:
        keys = ", ".join(record.key for record in records)
        raise InvalidUse(
            f"{entry.name} holds the databases of {len(records)} volumes",
            next_step=f"name one of: {keys}" if records else f"see `volops show {entry.name}`",
        )
    return records[0]


def _databases(record: VolumeRecord) -> Mapping[str, Any]:
    """The databases that can be restored alone, as a DatabaseType tells of them; none for another type."""
    told = record.facts.get("databases")
    if not isinstance(told, Mapping):
        return {}
    return {name: each for name, each in told.items() if isinstance(each, Mapping) and "artifact" in each}


def _recorded(catalog: Catalog, entry: Entry, record: VolumeRecord, database: str | None) -> Dump:
    databases = _databases(record)
    name = database or next(iter(databases))
    if name not in databases:
        raise InvalidUse(
            f"{entry.name} holds no database {name!r}", next_step=f"choose one of: {', '.join(databases)}"
        )
    found = next((each for each in record.artifacts if each.name == databases[name]["artifact"]), None)
    if found is None:
        raise NoSuchBackup(
            f"{entry.name} lacks the dump of database {name!r}", next_step="restore another backup"
        )
    facts = {"server": record.facts.get("server", {}), "databases": {name: databases[name]}}
    alone = entry.kind is BackupKind.DATABASE
    called = entry.name if alone else f"database {name} of {entry.name}"
    return Dump(called, partial(_open, catalog, entry, found), facts, record.key)


def _open(catalog: Catalog, entry: Entry, found: ArtifactRecord) -> Iterator[bytes]:
    stored = catalog.open(entry, found.file)
    return opened(found.file, stored, found.codecs, found.stored.digest, found.plain.digest)


def _stranger(catalog: Catalog, entry: Entry) -> Dump | None:
    if entry.name.endswith(".sql"):
        return Dump(entry.name, partial(catalog.open, entry, entry.name))
    if entry.name.endswith(".sql.gz"):
        return Dump(entry.name, lambda: gunzip(catalog.open(entry, entry.name), entry.name))
    return None
