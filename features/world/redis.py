"""Redis servers, asked with their own redis-cli."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from features.world.commands import environment
from features.world.engine import docker
from features.world.project import LABEL, Project
from features.world.waiting import wait_for

_KEYS = """
local read = {
  string = function(key) return {redis.call('GET', key)} end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  hash = function(key) return redis.call('HGETALL', key) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  set = function(key) return redis.call('SMEMBERS', key) end,
}
redis.call('SELECT', ARGV[1])
local sorted = {hash = true, set = true}
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  local held = read[kind](key)
  if sorted[kind] then table.sort(held) end
  held[#held + 1] = redis.call('PEXPIRETIME', key)
  found[#found + 1] = key .. '\\t' .. kind .. ' ' .. redis.sha1hex(table.concat(held, '\\n'))
end
return found
"""


@dataclass(frozen=True, slots=True)
class Redis:
    """A running server in a container."""

    container: str
    password: str = ""

    def command(self, *words: str) -> str:
        """What redis-cli prints for a command."""
        secret = {"REDISCLI_AUTH": self.password} if self.password else {}
        named = [word for name in secret for word in ("--env", name)]
        said = docker("exec", *named, self.container, "redis-cli", *words, secrets=secret)
        return said.decode("utf-8", "replace").strip()

    def keys(self, database: int) -> dict[str, str]:
        """Every key of a database with its kind and a digest of its value and of when it expires."""
        lines = self.command("EVAL", _KEYS, "0", str(database)).splitlines()
        return dict(line.rsplit("\t", 1) for line in lines if line)

    @property
    def databases(self) -> dict[int, dict[str, str]]:
        """All databases that hold keys."""
        used = [line for line in self.command("INFO", "keyspace").splitlines() if line.startswith("db")]
        numbers = [int(line.split(":")[0].removeprefix("db")) for line in used]
        return {number: self.keys(number) for number in numbers}


def server_of(project: Project, service: str) -> Redis:
    """The server that a service runs."""
    return Redis(project.container(service).id, project.passwords["REDIS_PASSWORD"])


@contextmanager
def server_with(project: Project, image: str, rdb: Path) -> Iterator[Redis]:
    """A server of that image that starts with an RDB file, and has no network."""
    argv = ["create", "--network", "none", "--label", f"{LABEL}={project.name}", image]
    container = docker(*argv).decode().strip()
    try:
        docker("cp", str(rdb), f"{container}:/data/dump.rdb")
        docker("start", container)
        wait_for(lambda: _answers(container), "the scratch Redis server")
        yield Redis(container)
    finally:
        docker("rm", "--force", "--volumes", container)


def _answers(container: str) -> bool:
    argv = ["docker", "exec", container, "redis-cli", "ping"]
    said = subprocess.run(argv, env=environment(), capture_output=True, check=False)
    return said.stdout.strip() == b"PONG"
