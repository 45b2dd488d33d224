"""Redis volumes come back as they were, whatever the server reads when it starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import eventually
from tests.plugins.restoring import Restorable
from volops.errors import CheckFailed, RestoreRefused

COMPOSE = """
services:
  cache:
    image: volops-sample-redis:{tag}
    command: ["redis-server", "--appendonly", "{append}"{more}]
    environment:
      REDIS_PASSWORD: very secret
    volumes: [cache:/data]
    healthcheck:
      test: ["CMD", "redis-ready"]
      start_period: 60s
      start_interval: 250ms
      interval: 10s
volumes:
  cache: {{}}
x-volops:
  backups: ./backups
"""
NEW, OLD = "1", "1-bookworm"
KEYS = 2000


class Cache(Restorable):
    """A project of one Redis server."""

    def start(self, append: str, tag: str = NEW, *more: str) -> None:
        """A server of that image runs, with an append-only file or without."""
        words = "".join(f', "{word}"' for word in more)
        self.write(COMPOSE.format(tag=tag, append=append, more=words))
        self.up()

    def filled(self, append: str, tag: str = NEW, *more: str) -> Cache:
        """With keys of all kinds in two databases, some of which expire."""
        self.start(append, tag, *more)
        self.ask(*(f"SET key:{number} {number}" for number in range(KEYS)))
        self.ask("HSET hash a 1 b 2", "RPUSH list x y z", "ZADD set 1 one", "XADD stream * field value")
        self.ask(
            "SET lasting 1 EX 100000", "SET fleeting 1 PX 5000", "SELECT 3", "SET other 1", "SET o2 1 EX 5000"
        )
        return self

    def ask(self, *commands: str) -> list[str]:
        """The answers to commands."""
        words = ["exec", "-T", "-e", "REDISCLI_AUTH=very secret", "cache", "redis-cli"]
        return self.compose(*words, input="".join(f"{each}\n" for each in commands)).splitlines()

    def state(self) -> list[str]:
        """All that a restored server must show again, but how long keys have still to live."""
        one = [
            "GET key:7",
            "HGETALL hash",
            "LRANGE list 0 -1",
            "ZRANGE set 0 -1 WITHSCORES",
            "XRANGE stream - +",
        ]
        two = ["GET lasting", "GET fleeting", "DBSIZE", "SELECT 3", "DBSIZE", "GET other", "KEYS *o*"]
        return sorted(self.ask(*one, *two))

    def has(self, key: str) -> bool:
        """Whether there is such a key."""
        return self.ask(f"EXISTS {key}") == ["1"]

    def forgotten(self) -> None:
        """The key that expires soon has expired."""
        eventually("the key has expired", lambda: not self.has("fleeting"))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    """A project that is gone after the test."""
    project = Cache(tmp_path)
    yield project
    project.gone()


@pytest.mark.parametrize("before", ["yes", "no"])
@pytest.mark.parametrize("after", ["yes", "no"])
def test_keys_come_back_with_and_without_an_append_only_file(cache: Cache, before: str, after: str) -> None:
    cache.filled(before)
    cache.backup()
    cache.forgotten()
    state = cache.state()
    cache.start(after)
    cache.ask("FLUSHALL", "SET later 1")
    cache.restore()
    assert cache.state() == state
    assert 90000 < int(cache.ask("TTL lasting")[0]) <= 100000
    assert not cache.has("later")
    cache.compose("restart", "cache")
    cache.up()
    assert cache.state() == state
    cache.rollback()
    assert cache.has("later")
    assert not cache.has("list")


@pytest.mark.parametrize("after", ["yes", "no"])
def test_a_hash_whose_fields_have_expired_meanwhile_is_not_missed(cache: Cache, after: str) -> None:
    """Redis 8 lets fields expire; their key is among those that never do until the last one has gone."""
    cache.filled("yes")
    cache.ask("HSET session token t", "HEXPIRE session 2 FIELDS 1 token")
    cache.ask("HSET visits today 1 ever 2", "HEXPIRE visits 2 FIELDS 1 today")
    cache.backup()
    eventually("its only field has expired", lambda: not cache.has("session"))
    cache.start(after)
    cache.ask("FLUSHALL")
    cache.restore()
    assert not cache.has("session")
    assert cache.ask("HGETALL visits") == ["ever", "2"]


def test_what_is_written_after_a_restore_stays(cache: Cache) -> None:
    cache.filled("yes")
    cache.backup()
    cache.ask("FLUSHALL")
    cache.restore()
    cache.ask("SET written 1", "BGREWRITEAOF")
    cache.compose("restart", "cache")
    cache.up()
    assert cache.has("written")
    assert cache.has("list")


def test_names_of_files_are_those_of_the_command_line(cache: Cache) -> None:
    names = [
        "--dbfilename",
        "cache.rdb",
        "--appenddirname",
        "log",
        "--appendfilename",
        "journal",
        "--dir",
        "/data/in",
    ]
    cache.write(COMPOSE.format(tag=NEW, append="yes", more=""))
    cache.up()
    cache.sh("cache", "mkdir /data/in && chown redis: /data/in")
    cache.filled("yes", NEW, *names)
    cache.backup()
    cache.forgotten()
    state = cache.state()
    cache.ask("FLUSHALL")
    cache.restore()
    assert cache.state() == state
    assert cache.sh("cache", "cd /data/in && ls cache.rdb log/journal.manifest").split() == [
        "cache.rdb",
        "log/journal.manifest",
    ]


@pytest.mark.parametrize("before", ["yes", "no"])
@pytest.mark.parametrize("after", ["yes", "no"])
def test_an_older_server_s_backup_comes_into_a_newer_one(cache: Cache, before: str, after: str) -> None:
    cache.filled(before, OLD)
    cache.backup()
    cache.forgotten()
    state = cache.state()
    cache.gone()
    cache.write(COMPOSE.format(tag=NEW, append=after, more=""))
    cache.restore()
    assert cache.ask("INFO server")[1].startswith("redis_version:8.0")
    assert cache.state() == state
    cache.ask("SET written 1")
    cache.compose("restart", "cache")
    cache.up()
    assert cache.has("written")
    assert cache.has("list")


def test_an_append_only_file_that_is_turned_on_later_brings_no_old_keys_back(cache: Cache) -> None:
    cache.filled("no")
    cache.backup()
    cache.ask("FLUSHALL")
    cache.restore()
    assert "appendonlydir" not in cache.sh("cache", "ls -A /data")
    cache.ask("DEL list", "SAVE")
    cache.start("yes")
    assert not cache.has("list")


def test_where_a_file_of_settings_decides_both_are_there_and_it_is_said(cache: Cache) -> None:
    # The image writes a file of settings for the password, in which anything may stand.
    cache.write(COMPOSE.replace(', "--appendonly", "{append}"', "").format(tag=NEW, more=""))
    cache.up()
    cache.ask("RPUSH list x y z")
    cache.backup()
    cache.ask("FLUSHALL")
    cache.restore()
    assert cache.has("list")
    assert "appendonlydir" in cache.sh("cache", "ls -A /data")
    assert any("before you ever turn one on, delete it" in told for told in cache.warnings)


def test_a_newer_server_s_backup_is_refused_by_an_older_one(cache: Cache) -> None:
    cache.filled("yes")
    cache.backup()
    cache.gone()
    cache.start("yes", OLD)
    cache.ask("SET later 1")
    with pytest.raises(RestoreRefused, match=r"8\.0.*7\.0"):
        cache.restore()
    assert cache.has("later")


def test_keys_that_are_not_as_recorded_are_not_swapped_in(cache: Cache) -> None:
    cache.filled("yes")
    cache.lie(cache.backup(), r'"0":\{"keys":', KEYS + 7)
    cache.ask("SET later 1")
    with pytest.raises(CheckFailed, match="keys"):
        cache.restore()
    assert cache.has("later")
