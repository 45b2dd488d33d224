"""Places, species, tags, and the sightings with their comments."""

import datetime as dt
import random

from django.contrib.auth.models import User
from django.utils.text import slugify

from fieldnotes.models import Comment, Place, Sighting, Species, Tag
from seeding.randomness import source
from seeding.vocabulary import (
    NOTE_ENDINGS,
    NOTE_OPENINGS,
    PLACES,
    REMARKS,
    SPECIES,
    TAGS,
)

SIGHTINGS = 2400
COMMENTS_EACH = 1.5
TAGS_EACH = 2
BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
MINUTES = 660 * 1440


def add_gazetteer() -> None:
    """Create the places, species and tags that are missing."""
    Place.objects.bulk_create(
        [
            Place(name=name, slug=slugify(name), latitude=north, longitude=east)
            for name, north, east in PLACES
        ],
        ignore_conflicts=True,
    )
    Species.objects.bulk_create(
        [Species(name=name, latin_name=latin, family=family) for name, latin, family in SPECIES],
        ignore_conflicts=True,
    )
    Tag.objects.bulk_create([Tag(name=name) for name in TAGS], ignore_conflicts=True)


def _sightings(rng: random.Random) -> list[Sighting]:
    observers = list(User.objects.order_by("username"))
    # A few members write most of the notes, as everywhere.
    weights = [1 / (1 + rank) ** 0.6 for rank in range(len(observers))]
    rng.shuffle(weights)
    species, places = list(Species.objects.order_by("pk")), list(Place.objects.order_by("pk"))
    return [
        Sighting(
            reference=f"FN-{number:06d}",
            observer=rng.choices(observers, weights)[0],
            species=rng.choice(species),
            place=rng.choice(places),
            seen_at=BEGIN + dt.timedelta(minutes=rng.randrange(MINUTES)),
            individuals=max(1, int(rng.expovariate(0.3))),
            note=f"{rng.choice(NOTE_OPENINGS)}; {rng.choice(NOTE_ENDINGS)}",
        )
        for number in range(1, SIGHTINGS + 1)
    ]


def _comments(rng: random.Random, sightings: list[Sighting]) -> list[Comment]:
    authors = list(User.objects.order_by("username"))
    return [
        Comment(
            sighting=sighting,
            author=rng.choice(authors),
            body=rng.choice(REMARKS),
            written_at=sighting.seen_at + dt.timedelta(minutes=rng.randrange(1, 9000)),
        )
        for sighting in rng.choices(sightings, k=int(len(sightings) * COMMENTS_EACH))
    ]


def _taggings(rng: random.Random, sightings: list[Sighting]) -> list:
    tags = list(Tag.objects.order_by("pk"))
    through = Sighting.tags.through
    return [
        through(sighting_id=sighting.pk, tag_id=tag.pk)
        for sighting in sightings
        for tag in rng.sample(tags, TAGS_EACH)
    ]


def add_sightings(seed: int) -> int:
    """Create the sightings that are missing, with comments and tags; the number created."""
    rng = source(seed, "journal")
    known = set(Sighting.objects.values_list("reference", flat=True))
    created = Sighting.objects.bulk_create(
        [sighting for sighting in _sightings(rng) if sighting.reference not in known],
        batch_size=1000,
    )
    if created:
        Comment.objects.bulk_create(_comments(rng, created), batch_size=1000)
        Sighting.tags.through.objects.bulk_create(_taggings(rng, created), batch_size=2000)
    return len(created)
