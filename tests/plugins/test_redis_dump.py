"""What is in a Redis backup: every key of one moment."""

from __future__ import annotations

import contextlib
import io
import tarfile
import uuid
from collections.abc import Iterator

import pytest
from volops_plugins._redis.server import Options
from volops_plugins.redis import RDB, Redis

from tests.plugins.conftest import CACHE_SECRET, CONFIGURED_SECRET, RedisServer
from tests.plugins.project import STAMP, Dumped, Project, docker, eventually, verify
from volops import ArtifactCorrupt

SAMPLE = """
SELECT 0
SET plain value
SET fleeting value EX 86400
HSET hash a 1 b 2
RPUSH list 1 2 3
ZADD sorted 1 one 2 two
XADD stream 1-1 field value
SETRANGE large 300000 x
SELECT 3
SET other value
SET brief value PX 86400000
PFADD guess 1 2 3
SELECT 0
"""

WRITER = """
REDISCLI_AUTH=$(cat /run/secrets/cache)
export REDISCLI_AUTH
exec redis-cli -p 7777 -r -1 EVAL "for i = 1, 50 do redis.call('SET', redis.call('INCR', 'last'), 'x') end" 0
"""
END_WRITER = "kill -9 $(grep -l redis-cli /proc/[0-9]*/comm | cut -d/ -f3)"


@pytest.fixture(params=["cache7", "cache8", "flagged", "configured"])
def cache(request: pytest.FixtureRequest, project: Project) -> Iterator[RedisServer]:
    """Each server with sample data. They differ in version, password, port and persistence."""
    servers = {
        "cache7": RedisServer(project, "cache7", "redis7", "first pass"),
        "cache8": RedisServer(project, "cache8", "redis8", CACHE_SECRET, 7777),
        "flagged": RedisServer(project, "flagged", "flagged", "on the line"),
        "configured": RedisServer(project, "configured", "configured", CONFIGURED_SECRET),
    }
    server = servers[request.param]
    eventually(lambda: server.ask("PING") == "PONG")
    server.pipe(f"FLUSHALL\n{SAMPLE}")
    yield server
    server.ask("FLUSHALL")


@contextlib.contextmanager
def loaded(project: Project, rdb: bytes) -> Iterator[RedisServer]:
    """A new server that has read this file, and nothing else."""
    name = f"{project.name}-{uuid.uuid4().hex[:6]}"
    server = ["redis-server", "--enable-debug-command", "local"]
    docker("create", "--name", name, "volops-sample-redis:1", *server)
    try:
        docker("cp", "-", f"{name}:/data", input=_tar("dump.rdb", rdb))
        docker("start", name)
        again = RedisServer(project.adopting(name), name, "", "")
        eventually(lambda: again.ask("PING") == "PONG")
        yield again
    finally:
        docker("rm", "--force", "--volumes", name)


def _tar(name: str, data: bytes) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def dump(server: RedisServer, options: Options | None = None) -> Dumped:
    return server.project.dump(server.volume, Redis(), options)


def test_every_key_and_its_time_to_live_comes_back(cache: RedisServer) -> None:
    dumped = dump(cache)
    assert list(dumped.artifacts) == [f"cache_backup_{STAMP}.rdb"]
    expiries = "PEXPIRETIME fleeting\nPEXPIRETIME plain\nSELECT 3\nPEXPIRETIME brief"
    with loaded(cache.project, dumped.only("cache_backup")) as again:
        assert again.ask("DEBUG", "DIGEST") == cache.ask("DEBUG", "DIGEST")
        assert again.pipe(expiries) == cache.pipe(expiries)
    assert dumped.facts["databases"] == {"0": {"keys": 7, "expires": 1}, "3": {"keys": 3, "expires": 1}}
    assert (dumped.facts["keys"], dumped.facts["exact"]) == (10, True)
    assert f"redis_version:{dumped.facts['server']['version']}" in cache.ask("INFO", "server")
    assert dumped.facts["server"]["appendonly"] is (cache.service == "cache8")
    assert dumped.warnings == []


def test_counts_are_of_the_moment_of_the_save(cache8: RedisServer) -> None:
    """While a client adds keys as fast as it can, and the append-only file is being rewritten."""
    docker("exec", "-d", cache8.project.container("cache8"), "sh", "-c", WRITER)
    try:
        eventually(lambda: int(cache8.ask("DBSIZE")) > 20_000)
        cache8.ask("BGREWRITEAOF")
        dumped = dump(cache8)
        assert int(cache8.ask("DBSIZE")) > dumped.facts["keys"]
    finally:
        cache8.project.sh("cache8", END_WRITER)
    assert dumped.facts["exact"] is True
    with loaded(cache8.project, dumped.only("cache_backup")) as again:
        assert int(again.ask("DBSIZE")) == dumped.facts["keys"] == dumped.facts["databases"]["0"]["keys"]


def test_an_empty_server(cache7: RedisServer) -> None:
    dumped = dump(cache7)
    assert (dumped.facts["keys"], dumped.facts["databases"], dumped.facts["exact"]) == (0, {}, True)
    with loaded(cache7.project, dumped.only("cache_backup")) as again:
        assert again.ask("DBSIZE") == "0"


def test_the_file_is_the_one_just_saved(cache7: RedisServer) -> None:
    for round in ("first", "second"):
        cache7.ask("SET", "round", round)
        with loaded(cache7.project, dump(cache7).only("cache_backup")) as again:
            assert again.ask("GET", "round") == round
    cache7.ask("CONFIG", "SET", "dbfilename", "other.rdb")
    cache7.ask("SET", "round", "third")
    dumped = dump(cache7)
    cache7.ask("CONFIG", "SET", "dbfilename", "dump.rdb")
    assert dumped.facts["server"]["file"] == "other.rdb"
    with loaded(cache7.project, dumped.only("cache_backup")) as again:
        assert again.ask("GET", "round") == "third"


def test_a_marker_is_found_where_it_was_planted(cache: RedisServer) -> None:
    with cache.project.source(cache.volume, Redis()) as source:
        assert not Redis().found(source, "abc123")
        Redis().plant(source, "abc123")
        assert Redis().found(source, "abc123")
        assert not Redis().found(source, "abc12")
    assert cache.ask("TTL", "volops:marker:abc123") == "-1"


def test_only_a_whole_file_verifies(cache8: RedisServer) -> None:
    cache8.pipe(SAMPLE)
    data = dump(cache8).only("cache_backup")
    for chunk in (1 << 20, 1, 5):
        verify(Redis(), "x.rdb", RDB, data, chunk)
    # One byte in 256 is the end mark by chance; the manifest's digest finds those.
    cut = next(cut for cut in range(len(data) // 2, len(data)) if data[cut - 9] != 0xFF)
    for damaged in (b"", data[:4], data[:12], data[:cut], data[1:], b"REDIS0004" + data[9:]):
        with pytest.raises(ArtifactCorrupt, match="RDB file"):
            verify(Redis(), "x.rdb", RDB, damaged)
