"""Counters that forget: how often somebody did something lately."""

from operations.redis_client import queue_client


def allow(what: str, limit: int, window: int) -> bool:
    """Count one more `what`; False once there were more than `limit` in `window` seconds."""
    key = f"rate:{what}"
    with queue_client().pipeline() as pipe:
        pipe.incr(key)
        pipe.expire(key, window, nx=True)
        count, _ = pipe.execute()
    return count <= limit
