"""Tables, tracks and notes: text, and so easily compressed."""

import json
import random

from seeding.vocabulary import NOTE_ENDINGS, NOTE_OPENINGS, PLACES, SPECIES

DISTINCT_LINES = 3000


def _filled(rng: random.Random, head: str, lines: list[str], size: int) -> bytes:
    """`head` and whole lines drawn by chance; empty lines at the end make it exactly `size` bytes."""
    each = sum(len(line.encode()) for line in lines) / len(lines)
    body = "".join(rng.choices(lines, k=int(size / each * 1.1) + 20))
    text = (head + body).encode()[:size]
    return text[: text.rfind(b"\n") + 1].ljust(size, b"\n")


def table(rng: random.Random, size: int) -> bytes:
    """A CSV of counts."""
    lines = [
        f"2025-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d},{place},{latin},{name},"
        f"{rng.randrange(1, 400)},{rng.choice(('seen', 'heard', 'tracks'))}\n"
        for place, (name, latin, _) in (
            (rng.choice(PLACES)[0].replace(",", ";"), rng.choice(SPECIES)) for _ in range(DISTINCT_LINES)
        )
    ]
    return _filled(rng, "date,place,latin,name,count,evidence\n", lines, size)


def track(rng: random.Random, size: int) -> bytes:
    """A walk as GeoJSON, one point a line."""
    _, north, east = rng.choice(PLACES)
    points = [
        json.dumps(
            {
                "type": "Feature",
                "geometry": {
                    "type": "Point",
                    "coordinates": [
                        round(east + rng.uniform(-0.05, 0.05), 6),
                        round(north + rng.uniform(-0.05, 0.05), 6),
                    ],
                },
                "properties": {"speed": round(rng.uniform(0, 6), 1)},
            }
        )
        + "\n"
        for _ in range(DISTINCT_LINES)
    ]
    return _filled(rng, "", points, size)


def diary(rng: random.Random, size: int) -> bytes:
    """Pages of a field diary."""
    lines = [
        f"{rng.randrange(4, 23):02d}:{rng.randrange(60):02d}  {rng.choice(SPECIES)[0]}: "
        f"{rng.choice(NOTE_OPENINGS).lower()}, {rng.choice(NOTE_ENDINGS)}\n"
        for _ in range(DISTINCT_LINES)
    ]
    return _filled(rng, "Field diary\n===========\n\n", lines, size)
