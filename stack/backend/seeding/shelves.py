"""Which files the library holds: their names, dates and makers, before any is made."""

import datetime as dt
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from seeding import documents, pictures
from seeding.randomness import source
from seeding.recordings import recording
from seeding.vocabulary import SPECIES
from uploads.models import Upload
from uploads.thumbnails import thumbnail_of

PHOTO_SHARE, SOUND_SHARE, TEXT_SHARE = 0.45, 0.25, 0.30
FEWEST_PHOTOS = 12
LARGEST_SOUND = 3_000_000
LARGEST_TEXT = 2_500_000
ONE_IN_PNG = 9
BEGIN = dt.datetime(2024, 1, 5, 7, 30, tzinfo=dt.UTC)
MINUTES = 655 * 1440

# Names that people give, in their scripts, and that careless programs trip over.
ODD_PHOTOS = [
    "Zaunkönig im Schnee — Königssee.jpg",
    "翡翠と朝霧.jpg",
    "снегирь на рябине.jpg",
    "🦉 dusk flight.jpg",
    "100% heron (final) [v2] & friends.jpg",
    "-leading dash.jpg",
    'the neighbour\'s "best" of 2024.jpg',
    "طائر الماء.jpg",
    "a morning by the lake with everyone who could get up that early and the list of what we saw "
    "before the rain came in from the west and sent us home again to write it all down with coffee.jpg",
    "湖のほとりの長い朝にみんなで見た鳥たちの記録と雨が降る前に撮った写真のうち一番良かったものを選んで残す.jpg",
    "cards/A/DCIM/100_FIELD/backup/unsorted/2024 spring/IMG_0001.jpg",
]
ODD_TEXTS = [
    "Café am See.txt",  # é as one character
    "Cafe\u0301 am See.txt",  # and as e with an accent: two different names
    "expeditions/iceland/day-03/camp-2/weather, wind & mood.txt",
]


@dataclass(frozen=True)
class Made:
    content: bytes
    thumbnail: bytes | None = None


@dataclass(frozen=True)
class Shelved:
    """A file to be: `path` is relative to the media root, `make` gives its content."""

    path: str
    title: str
    kind: Upload.Kind
    when: dt.datetime
    make: Callable[[], Made]


@dataclass(frozen=True)
class _Format:
    width: int
    height: int
    typical: int  # bytes of a JPEG

    @property
    def jpeg(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def png(self) -> tuple[int, int]:
        return self.width * 3 // 5, self.height * 3 // 5


LARGE = _Format(1600, 1066, 900_000)
SMALL = _Format(480, 320, 60_000)
LARGE_FROM = 20_000_000


def _dated(when: dt.datetime, name: str) -> str:
    return f"uploads/{when:%Y/%m}/{name}"


def _moment(rng: random.Random) -> dt.datetime:
    return BEGIN + dt.timedelta(minutes=rng.randrange(MINUTES))


def _photo(rng: random.Random, form: _Format, name: str) -> Made:
    out = io.BytesIO()
    if name.endswith(".png"):
        picture = pictures.landscape(rng, form.png)
        picture.save(out, "PNG", compress_level=2)
    else:
        picture = pictures.landscape(rng, form.jpeg)
        picture.save(out, "JPEG", quality=90)
    return Made(out.getvalue(), thumbnail_of(picture))


def photos(seed: int, total: int) -> Iterator[Shelved]:
    """Pictures worth about 45 % of `total` bytes."""
    form = LARGE if total >= LARGE_FROM else SMALL
    for number in range(max(FEWEST_PHOTOS, int(total * PHOTO_SHARE / form.typical))):
        rng = source(seed, f"photo/{number}")
        when, species = _moment(rng), rng.choice(SPECIES)[0]
        if number < len(ODD_PHOTOS):
            name = ODD_PHOTOS[number]
        elif number % ONE_IN_PNG == 0:
            name = f"{species.lower().replace(' ', '-')}-{number}.png"
        else:
            name = f"IMG_{4000 + number * 7}.jpg"
        odd = number < len(ODD_PHOTOS)
        yield Shelved(
            path=_dated(when, name),
            title=PurePosixPath(name).stem[:200] if odd else f"{species}, {when:%d %B}",
            kind=Upload.Kind.IMAGE,
            when=when,
            make=lambda rng=rng, name=name: _photo(rng, form, name),
        )


def _pieces(total: int, largest: int) -> list[int]:
    """`total` cut into equal parts of at most `largest`; the last takes the remainder."""
    if total <= 0:
        return []
    count = -(-total // largest)
    return [total // count] * (count - 1) + [total - total // count * (count - 1)]


def sounds(seed: int, size: int) -> Iterator[Shelved]:
    """Recordings of `size` bytes in all."""
    for number, part in enumerate(_pieces(size, LARGEST_SOUND)):
        rng = source(seed, f"sound/{number}")
        when, species = _moment(rng), rng.choice(SPECIES)[0]
        yield Shelved(
            path=_dated(when, f"recordings/{when:%Y-%m-%d} river, {species.lower()}.wav"),
            title=f"River with {species.lower()}",
            kind=Upload.Kind.SOUND,
            when=when,
            make=lambda rng=rng, part=part: Made(recording(rng, part)),
        )


def texts(seed: int, size: int) -> Iterator[Shelved]:
    """Tables, tracks and diaries of `size` bytes in all."""
    small = min(4000, size // 20)
    parts = [small] * len(ODD_TEXTS) + _pieces(size - small * len(ODD_TEXTS), LARGEST_TEXT)
    writers = [
        (documents.table, "counts/count-{}.csv", "Monthly count {}"),
        (documents.track, "tracks/walk-{}.geojsonl", "Track of walk {}"),
        (documents.diary, "diaries/diary-{}.txt", "Field diary {}"),
    ]
    for number, part in enumerate(parts):
        rng = source(seed, f"text/{number}")
        when = _moment(rng)
        write, pattern, title = writers[number % len(writers)]
        name, title = pattern.format(number), title.format(number)
        if number < len(ODD_TEXTS):
            write, name = documents.diary, ODD_TEXTS[number]
            title = PurePosixPath(name).stem
        yield Shelved(
            path=_dated(when, name),
            title=title,
            kind=Upload.Kind.DOCUMENT,
            when=when,
            make=lambda write=write, rng=rng, part=part: Made(write(rng, part)),
        )
