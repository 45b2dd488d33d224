"""How each service does. Reads only: looking must not change what a backup compares."""

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from fieldnotes.models import Comment, Place, Sighting, Species
from operations.notices import QUEUE
from operations.redis_client import queue_client
from uploads.models import Upload

COUNTED = {
    "users": User,
    "sightings": Sighting,
    "comments": Comment,
    "species": Species,
    "places": Place,
    "uploads": Upload,
}


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        version, size = cursor.fetchone()
    return {"detail": f"PostgreSQL {version.split()[0]}", "bytes": size}


def _migrations() -> dict[str, Any]:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    applied = len(executor.loader.applied_migrations)
    return {
        "up": not pending,
        "detail": f"{applied} applied, {len(pending)} pending",
        "applied": applied,
        "pending": len(pending),
    }


def _cache() -> dict[str, Any]:
    client = queue_client()
    server, space = client.info("server"), client.info("keyspace")
    keys = sum(database["keys"] for database in space.values())
    cache.get("status")
    return {
        "detail": f"Redis {server['redis_version']}",
        "keys": keys,
        "queued": client.llen(QUEUE),
    }


def _directory(path: Any) -> dict[str, Any]:
    writable = os.access(path, os.W_OK)
    free = shutil.disk_usage(path).free
    return {
        "up": writable,
        "detail": f"{free / 1e9:.0f} GB free" if writable else "not writable",
    }


CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "db": _database,
    "migrations": _migrations,
    "cache": _cache,
    "media": lambda: _directory(settings.MEDIA_ROOT),
    "static": lambda: _directory(settings.STATIC_ROOT),
}


def _checked(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        result = {"up": True} | check()
    except (DatabaseError, redis.RedisError, OSError) as error:
        result = {"up": False, "detail": str(error).strip().partition("\n")[0]}
    return result | {"ms": round((time.perf_counter() - started) * 1000, 1)}


def _counts() -> dict[str, int] | None:
    try:
        return {name: model.objects.count() for name, model in COUNTED.items()}
    except DatabaseError:
        return None


def report() -> dict[str, Any]:
    """{"ok", "services": {name: {"up", "detail", "ms", …}}, "counts": {table: rows} or null}."""
    services = {name: _checked(check) for name, check in CHECKS.items()}
    return {
        "ok": all(service["up"] for service in services.values()),
        "services": services,
        "counts": _counts() if services["db"]["up"] else None,
    }
