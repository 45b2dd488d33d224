"""The connection to the queue's and the counters' own Redis database."""

from functools import cache

import redis
from django.conf import settings


@cache
def queue_client() -> redis.Redis:
    return redis.Redis.from_url(settings.QUEUE_URL, socket_connect_timeout=2, socket_timeout=5)
