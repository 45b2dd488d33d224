"""What lives in Redis: sessions, a queue, counters that expire, remembered results."""

import json

import redis
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cache import KEY_PREFIX
from django.core.cache import cache
from django.db.models import Count

from fieldnotes.models import Sighting, Species
from operations.notices import QUEUE
from operations.redis_client import queue_client
from seeding.randomness import source

SESSIONS = 200
NEWS = 250
COUNTERS = 60
DAY = 86400


def _add_sessions(seed: int) -> None:
    rng = source(seed, "sessions")
    for user in User.objects.order_by("username")[:SESSIONS]:
        # Written as the session backend would: asked to save, it gives an unknown key a new name.
        cache.set(
            f"{KEY_PREFIX}{rng.getrandbits(128):032x}",
            {
                SESSION_KEY: str(user.pk),
                BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                HASH_SESSION_KEY: user.get_session_auth_hash(),
            },
            settings.SESSION_COOKIE_AGE,
        )


def _remember_results() -> None:
    busiest = Species.objects.annotate(times=Count("sightings")).order_by("-times", "name")[:20]
    cache.set("species:busiest", [(row.name, row.times) for row in busiest], DAY)
    cache.set("sightings:total", Sighting.objects.count(), None)


def _add_counters(seed: int, client: redis.Redis) -> None:
    rng = source(seed, "counters")
    with client.pipeline() as pipe:
        for number in range(COUNTERS):
            key = f"rate:login:203.0.113.{number + 1}"
            pipe.set(key, rng.randrange(1, 9), ex=rng.randrange(DAY, 7 * DAY), nx=True)
        pipe.execute()


def _add_queue_and_board(client: redis.Redis) -> None:
    sightings = Sighting.objects.order_by("-seen_at", "reference")
    if not client.exists(QUEUE):
        news = [json.dumps({"event": "sighting", "id": row.pk}) for row in sightings[:NEWS]]
        client.rpush(QUEUE, *news)
    busiest = User.objects.annotate(times=Count("sightings")).order_by("-times")[:100]
    client.zadd("board:2025", {user.username: user.times for user in busiest})
    client.hset("digest:settings", mapping={"weekday": "sunday", "hour": 18, "language": "en"})


def add_memory(seed: int) -> int:
    """Put everything that is missing into both Redis databases; the number of keys there now."""
    client = queue_client()
    _add_sessions(seed)
    _remember_results()
    _add_counters(seed, client)
    _add_queue_and_board(client)
    return sum(database["keys"] for database in client.info("keyspace").values())
