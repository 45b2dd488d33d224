"""News for the next digest mail: a Redis list that `manage.py send_digest` empties."""

import json
import logging
from typing import Any

import redis

from operations.redis_client import queue_client

QUEUE = "queue:digest"
log = logging.getLogger(__name__)


def announce(event: str, subject: int) -> None:
    """Put one piece of news in the queue.

    What it is about is saved already, so a queue out of reach is only logged.
    """
    try:
        queue_client().rpush(QUEUE, json.dumps({"event": event, "id": subject}))
    except redis.RedisError as error:
        log.warning("no news of %s %s in the digest: %s", event, subject, error)


def take(most: int) -> list[dict[str, Any]]:
    """Remove and return up to `most` pieces of news, the oldest first."""
    return [json.loads(item) for item in queue_client().lpop(QUEUE, most) or []]
