"""What is read out of a container's environment, command and files, without any server."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from volops_plugins._redis.keyspace import missing
from volops_plugins._redis.passwords import known
from volops_plugins._redis.server import Server, read_counts, read_description
from volops_plugins.redis import Redis, volops_volume_types

from volops import Mount, Service, Volume


def mounted(image: str, target: str, *command: str, read_only: bool = False, subpath: str = "") -> Volume:
    service = Service("cache", image, command=command)
    return Volume("data", "app-data", mounts=(Mount(service, target, read_only, subpath),))


def test_it_is_registered() -> None:
    assert list(volops_volume_types()) == [Redis]


@pytest.mark.parametrize(
    "volume",
    [
        mounted("redis:8", "/data"),
        mounted("registry.example:5000/library/redis:8@sha256:abc", "/data/"),
        mounted("redis/redis-stack-server", "/data"),
        mounted("valkey/valkey:8", "/data"),
        mounted("eqalpha/keydb", "/data"),
        mounted("shop-cache", "/data", "redis-server", "--appendonly", "yes"),
        mounted("shop-cache", "/var/lib/redis"),
        mounted("bitnami/valkey", "/bitnami/valkey/data"),
    ],
)
def test_a_volume_where_keys_are_kept_is_detected(volume: Volume) -> None:
    assert Redis().detect(volume)


@pytest.mark.parametrize(
    "volume",
    [
        mounted("redis/redisinsight", "/data"),
        mounted("oliver006/redis_exporter", "/data"),
        mounted("redis:8", "/usr/local/etc/redis"),
        mounted("shop-app", "/data"),
        mounted("redis:8", "/data", read_only=True),
    ],
)
def test_other_volumes_are_not(volume: Volume) -> None:
    assert not Redis().detect(volume)


def test_passwords_come_from_the_environment_first() -> None:
    files = {"/run/secrets/pw": b"from a file\n"}
    environment = {"REDIS_PASSWORD": "plain", "VALKEY_PASSWORD_FILE": "/run/secrets/pw"}
    told = known(["redis-server"], environment, files.get)
    assert told.passwords == ("plain", "from a file")
    assert told.ports == ("6379",)
    assert "plain" not in repr(told)


@pytest.mark.parametrize(
    ("command", "passwords", "ports"),
    [
        (["redis-server", "--requirepass", "two words", "--port", "7000"], ("two words",), ("7000", "6379")),
        (["sh", "-c", "exec redis-server --requirepass 'two words'"], ("two words",), ("6379",)),
        (["sh", "-c", 'redis-server --requirepass "$SECRET"'], ("expanded",), ("6379",)),
        (["sh", "-c", "redis-server --requirepass ${SECRET:?must be set}"], ("expanded",), ("6379",)),
        (["sh", "-c", "redis-server --requirepass it's"], ("it's",), ("6379",)),
        (["redis-server", "--requirepass"], (), ("6379",)),
        ([], (), ("6379",)),
    ],
)
def test_passwords_and_ports_of_a_command_line(
    command: list[str], passwords: tuple[str, ...], ports: tuple[str, ...]
) -> None:
    told = known(command, {"SECRET": "expanded"}, lambda _: None)
    assert (told.passwords, told.ports) == (passwords, ports)


def test_passwords_of_configuration_files() -> None:
    files = {
        "/etc/cache.conf": rb"""
            # requirepass no
            port 7001
            requirepass "a \"b\" \\c"
            aclfile "/etc/users.acl"
        """,
        "/etc/users.acl": b"""
            user other on >theirs ~* +@all
            user default on sanitize-payload >mine >older #1234 ~*
        """,
        "/etc/redis/redis.conf": b"requirepass of-another-server\n",
    }
    told = known(["redis-server", "/etc/cache.conf"], {}, files.get)
    assert told.passwords == ('a "b" \\c', "mine", "older")
    assert told.ports == ("7001", "6379")
    assert known(["redis-server"], {}, files.get).passwords == ("of-another-server",)


def test_acl_files_that_name_each_other_end() -> None:
    files = {"/etc/a.conf": b"aclfile /etc/a.conf\nrequirepass x\n"}
    assert known(["redis-server", "/etc/a.conf"], {}, files.get).passwords == ("x",)


def test_counts_are_exact_when_all_three_agree() -> None:
    keyspace = "# Keyspace\ndb0:keys=2,expires=1,avg_ttl=5\ndb3:keys=1,expires=0,avg_ttl=0\n"
    saved = "owner:999:1000\ncheck:\n[info] {} keys read\n"
    text = f"{keyspace}+Background saving started\n{keyspace}+OK\n{saved}"
    counts = read_counts(text.format(3))
    assert counts == {
        "keys": 3,
        "databases": {"0": {"keys": 2, "expires": 1}, "3": {"keys": 1, "expires": 0}},
        "exact": True,
        "owner": "999:1000",
    }
    other = read_counts(text.format(4))
    assert (other["keys"], other["exact"]) == (4, False)


def test_hashes_of_which_fields_expire_are_counted() -> None:
    keyspace = "db0:keys=2,expires=0,avg_ttl=0,subexpiry=1\r\ndb1:keys=1,expires=0,avg_ttl=0,subexpiry=0\r\n"
    counts = read_counts(f"{keyspace}+Background saving started\n{keyspace}")
    assert counts["databases"] == {
        "0": {"keys": 2, "expires": 0, "fading": 1},
        "1": {"keys": 1, "expires": 0},
    }
    assert counts["exact"]


@pytest.mark.parametrize(
    ("now", "wrong"),
    [
        ({"keys": 3, "expires": 0}, False),
        ({"keys": 2, "expires": 0}, False),
        ({"keys": 1, "expires": 0}, True),
        ({"keys": 4, "expires": 0}, True),
    ],
)
def test_only_they_may_be_missing(now: dict[str, int], wrong: bool) -> None:
    assert bool(list(missing("0", {"keys": 3, "expires": 0, "fading": 1}, now))) is wrong


def test_counts_are_not_exact_when_others_came_between() -> None:
    text = "db0:keys=2,expires=0\nBackground saving started\ndb0:keys=3,expires=0\ncheck:\n"
    counts = read_counts(text)
    assert (counts["keys"], counts["exact"]) == (2, False)


def test_a_server_is_described() -> None:
    said = [
        "# Server",
        "redis_version:7.0.15\r",
        "role:slave\r",
        "aof_enabled:1\r",
        "config_dir:/data/x",
        "config_dbfilename:d.rdb",
        "config_appenddirname:aof",
        "config_appendfilename:a.aof",
        "family:redis",
    ]
    server = read_description(said)
    assert server.facts["family"] == "redis"
    assert (server.facts["append_directory"], server.facts["append_file"]) == ("aof", "a.aof")
    assert server.facts["version"] == "7.0.15"
    assert (server.facts["role"], server.facts["appendonly"], server.facts["file"]) == (
        "slave",
        True,
        "d.rdb",
    )
    assert server.directory == PurePosixPath("/data/x")


def test_where_on_the_volume_a_server_saves() -> None:
    server = Server({}, PurePosixPath("/data/x"))
    assert server.place_on(mounted("redis", "/data")) == PurePosixPath("x")
    assert server.place_on(mounted("redis", "/data", subpath="cache")) == PurePosixPath("cache/x")
    assert server.place_on(mounted("redis", "/var/lib/redis")) is None
    assert Server({}, None).place_on(mounted("redis", "/data", subpath="cache")) == PurePosixPath("cache")
