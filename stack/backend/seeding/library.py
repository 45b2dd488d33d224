"""Writes the library's files into the media volume and records them as uploads."""

import datetime as dt
import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User

from fieldnotes.models import Sighting
from seeding.randomness import source
from seeding.shelves import PHOTO_SHARE, SOUND_SHARE, TEXT_SHARE, Made, Shelved, photos, sounds, texts
from uploads.models import Upload

WRITERS = 2
BY_HAND = dt.datetime(2024, 2, 29, 12, 0, tzinfo=dt.UTC)


def _write(path: Path, content: bytes, when: dt.datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (when.timestamp(), when.timestamp()))


def _record(item: Shelved, made: Made) -> Upload:
    """Write the file, and its preview; the unsaved row."""
    _write(settings.MEDIA_ROOT / item.path, made.content, item.when)
    digest = hashlib.sha256(made.content).hexdigest()
    upload = Upload(
        title=item.title,
        kind=item.kind,
        size=len(made.content),
        sha256=digest,
        created_at=item.when,
    )
    upload.file.name = item.path
    if made.thumbnail:
        upload.thumbnail.name = f"thumbnails/{digest[:16]}.jpg"
        _write(settings.MEDIA_ROOT / upload.thumbnail.name, made.thumbnail, item.when)
    return upload


def _add(seed: int, items: Iterable[Shelved]) -> tuple[int, int]:
    """Make what is missing; the number of files made, and the bytes of all of them."""
    items = list(items)
    known = set(Upload.objects.values_list("file", flat=True))
    missing = [
        item for item in items if item.path not in known or not (settings.MEDIA_ROOT / item.path).exists()
    ]
    with ThreadPoolExecutor(WRITERS) as pool:
        rows = list(pool.map(lambda item: _record(item, item.make()), missing))
    _assign(seed, rows)
    Upload.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["file"],
        update_fields=["size", "sha256", "thumbnail"],
    )
    return len(rows), sum((settings.MEDIA_ROOT / item.path).stat().st_size for item in items)


def _assign(seed: int, rows: list[Upload]) -> None:
    """Give each upload an owner, and most a sighting."""
    owners = list(User.objects.order_by("username"))
    sightings = list(Sighting.objects.order_by("reference"))
    for row in rows:
        rng = source(seed, f"owner/{row.file.name}")
        row.owner = rng.choice(owners)
        row.sighting = rng.choice(sightings) if sightings and rng.random() < 0.7 else None


def _by_hand() -> None:
    """What people leave on a server without a form: an empty file, a link, a file nobody may change."""
    archive = settings.MEDIA_ROOT / "archive"
    agreement = archive / "2021" / "founding agreement.txt"
    if not agreement.exists():
        _write(agreement, b"We keep what we write down.\n", BY_HAND)
        agreement.chmod(0o444)
    empty = archive / "to be written.txt"
    if not empty.exists():
        _write(empty, b"", BY_HAND)
    link = archive / "latest agreement.txt"
    if not link.is_symlink():
        link.symlink_to("2021/founding agreement.txt")


def add_library(seed: int, total: int) -> tuple[int, int]:
    """Fill the media volume with `total` bytes of uploads, 70 % of them incompressible.

    Returns the number of files made now, and the bytes of all uploads it is made of.
    """
    made_photos, photo_bytes = _add(seed, photos(seed, total))
    sound_bytes = max(0, int(total * (PHOTO_SHARE + SOUND_SHARE)) - photo_bytes)
    made_sounds, sound_bytes = _add(seed, sounds(seed, sound_bytes))
    made_texts, text_bytes = _add(seed, texts(seed, int(total * TEXT_SHARE)))
    _by_hand()
    return made_photos + made_sounds + made_texts, photo_bytes + sound_bytes + text_bytes
