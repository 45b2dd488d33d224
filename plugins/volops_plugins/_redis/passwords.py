"""What a Redis container was told about its port and password."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

ReadFile = Callable[[str], bytes | None]
_PASSWORDS = ("REDIS_PASSWORD", "VALKEY_PASSWORD", "KEYDB_PASSWORD", "REDISCLI_AUTH")
_USUAL_FILES = ("/etc/redis/redis.conf", "/usr/local/etc/redis/redis.conf", "/etc/valkey/valkey.conf")
_VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
_DIRECTIVE = re.compile(r"^\s*(requirepass|port|aclfile|user\s+default)\s+(.*?)\s*$", re.MULTILINE)
_MOST_FILES = 4
DEFAULT_PORT = "6379"


@dataclass(frozen=True, slots=True)
class Known:
    """Ports and passwords to try, in this order."""

    ports: tuple[str, ...]
    passwords: tuple[str, ...] = field(repr=False)


def known(command: Iterable[str], environment: Mapping[str, str], read_file: ReadFile) -> Known:
    """What environment, secret files, command line and configuration files of the service say.

    `read_file` gives a file of the container, or None. A running server cannot be asked: it overwrites
    environment and arguments of its own process with its title (redis: setproctitle.c).
    """
    said = [*_from_environment(environment, read_file), *_from_command(command, environment, read_file)]
    if not any(name == "requirepass" for name, _ in said):
        for path in _USUAL_FILES:
            said += _from_file(path, read_file)
    ports = [value for name, value in said if name == "port" and value.isdigit() and value != "0"]
    passwords = [value for name, value in said if name == "requirepass" and value and "\n" not in value]
    return Known(tuple(dict.fromkeys([*ports, DEFAULT_PORT])), tuple(dict.fromkeys(passwords)))


def _from_environment(environment: Mapping[str, str], read_file: ReadFile) -> Iterator[tuple[str, str]]:
    for name in _PASSWORDS:
        if value := environment.get(name):
            yield "requirepass", value
        if path := environment.get(f"{name}_FILE"):
            yield "requirepass", _text(read_file(path)).rstrip("\n")
    for name in ("REDIS_PORT_NUMBER", "VALKEY_PORT_NUMBER"):
        if value := environment.get(name):
            yield "port", value


def _from_command(
    command: Iterable[str], environment: Mapping[str, str], read_file: ReadFile
) -> Iterator[tuple[str, str]]:
    """Options as `--requirepass VALUE`, and the configuration file."""
    words = [*_words(command, environment), *_split(environment.get("REDIS_ARGS", ""))]
    for word, following in itertools.pairwise([*words, ""]):
        if word in ("--requirepass", "--port"):
            yield word.removeprefix("--"), following
        elif word.endswith(".conf") and word.startswith("/"):
            yield from _from_file(word, read_file)


def _words(command: Iterable[str], environment: Mapping[str, str]) -> Iterator[str]:
    """The words of a command line; the text after a shell's `-c` as that shell would split it."""
    before = ""
    for word in command:
        if re.fullmatch(r"-[a-z]*c", before):
            yield from _split(_VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), word))
        else:
            yield word
        before = word


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _from_file(path: str, read_file: ReadFile, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The directives of a configuration file, and of the ACL file that it names."""
    for directive, value in _DIRECTIVE.findall(_text(read_file(path))):
        if directive == "aclfile" and depth < _MOST_FILES:
            yield from _from_file(_unquoted(value), read_file, depth + 1)
        elif directive.startswith("user"):
            yield from (("requirepass", rule[1:]) for rule in value.split() if rule.startswith(">"))
        elif directive in ("requirepass", "port"):
            yield directive, _unquoted(value)


def _unquoted(value: str) -> str:
    """A configuration value without its quotes (redis: sdssplitargs)."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r'\\(["\\])', r"\1", value[1:-1])
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("\\'", "'")
    return value


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "surrogateescape")
