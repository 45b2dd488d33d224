"""A Redis server that refuses, cannot save, or goes away, and what is said then."""

from __future__ import annotations

import re

import pytest
from volops_plugins._redis.server import Options
from volops_plugins.redis import Redis

from tests.plugins.conftest import RedisServer
from tests.plugins.project import Dumped, Project, docker, eventually
from volops import (
    AccessRefused,
    HelperLost,
    ProducerFailed,
    ServiceNotReady,
    ServiceNotRunning,
)

RELOAD = """
REDISCLI_AUTH='first pass'
export REDISCLI_AUTH
exec redis-cli DEBUG RELOAD
"""
END_SAVE = "kill -9 $(grep -l redis-server /proc/[0-9]*/comm | cut -d/ -f3 | grep -vx 1)"
"""The server is the container's first process; a save runs in a child of the same name."""


def dump(server: RedisServer, options: Options | None = None) -> Dumped:
    return server.project.dump(server.volume, Redis(), options)


def test_a_password_that_no_longer_fits(cache7: RedisServer) -> None:
    cache7.ask("CONFIG", "SET", "requirepass", "changed-since")
    try:
        with pytest.raises(AccessRefused) as refused:
            dump(cache7)
    finally:
        changed = RedisServer(cache7.project, "cache7", "redis7", "changed-since")
        assert changed.pipe('CONFIG SET requirepass "first pass"') == "OK"
    assert "'cache7' refuses us: NOAUTH" in refused.value.message
    assert "REDIS_PASSWORD" in refused.value.next_step
    assert cache7.password not in str(refused.value)


def test_nobody_sees_the_password(cache7: RedisServer) -> None:
    cache7.pipe("DEBUG POPULATE 200000 key 200")
    with cache7.project.source("redis7", Redis()) as source:
        stream = next(iter(Redis().dump(source))).stream
        next(stream)
        (helper,) = cache7.project.helpers()
        arguments = docker("exec", helper, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        described = docker("inspect", helper)
        for _ in stream:
            pass
    assert "session.sh save" in arguments
    assert "first pass" not in arguments + described


def test_a_server_that_cannot_save_says_why(project: Project) -> None:
    server = RedisServer(project, "cramped", "cramped", "")
    fill = "for i = 1, 20000 do redis.call('SET', i, redis.sha1hex(i) .. redis.sha1hex(-i)) end"
    server.ask("EVAL", f'"{fill}"', "0")
    with pytest.raises(ProducerFailed) as failed:
        dump(server)
    server.ask("FLUSHALL")
    why = r"'cramped' cannot be saved: .* \d+ KiB are free where it saves, the data takes \d"
    assert re.search(why, failed.value.message)
    assert "docker compose logs cramped" in failed.value.next_step
    assert dump(server).facts["keys"] == 0


def test_a_save_without_progress_is_given_up(cache7: RedisServer) -> None:
    cache7.pipe("CONFIG SET rdb-key-save-delay 200000000\nSET key value\nBGSAVE")
    try:
        with pytest.raises(ProducerFailed, match="a save makes no progress for 1 s"):
            dump(cache7, Options(stall_timeout_s=1))
    finally:
        cache7.ask("CONFIG", "SET", "rdb-key-save-delay", "0")
        cache7.project.sh("cache7", END_SAVE)
        eventually(lambda: "rdb_bgsave_in_progress:0" in cache7.ask("INFO", "persistence"))
    assert dump(cache7).facts["keys"] == 1


def test_a_server_that_still_loads_its_data(cache7: RedisServer) -> None:
    cache7.pipe("DEBUG POPULATE 600 key 10\nCONFIG SET loading-process-events-interval-bytes 1024")
    cache7.ask("CONFIG", "SET", "key-load-delay", "20000")
    docker("exec", "-d", cache7.project.container("cache7"), "sh", "-c", RELOAD)
    eventually(lambda: "LOADING" in cache7.ask("GET", "x"))
    try:
        with pytest.raises(ServiceNotReady, match="still loading its data"):
            dump(cache7, Options(ready_timeout_s=0))
    finally:
        cache7.ask("CONFIG", "SET", "key-load-delay", "0")
        eventually(lambda: cache7.ask("PING") == "PONG")
    assert dump(cache7).facts["keys"] == 600


def test_the_helper_killed_while_it_waits(cache7: RedisServer) -> None:
    cache7.pipe("DEBUG POPULATE 300000 key 300")
    with cache7.project.source("redis7", Redis()) as source:
        stream = next(iter(Redis().dump(source))).stream
        next(stream)
        docker("kill", *cache7.project.helpers())
        with pytest.raises(HelperLost):
            for _ in stream:
                pass


def test_a_stopped_server_says_how_to_start_it(cache7: RedisServer) -> None:
    cache7.project.compose("stop", "cache7")
    try:
        with pytest.raises(ServiceNotRunning) as error:
            dump(cache7)
    finally:
        cache7.project.up("cache7")
    assert str(error.value) == "cache is not running: start it with `volops start cache7`"
