"""A dump of one database as plain SQL: what its beginning tells, and how it fits an empty database."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from volops import RestoreRefused
from volops_plugins._postgres.loading import split, unfenced

_HEAD_BYTES = 1 << 20
_CUSTOM = (b"PGDMP", b"toc.dat")
_OF = re.compile(rb"^-- Dumped from database version (\d+)", re.MULTILINE)
_BY = re.compile(rb"^-- Dumped by pg_dump version (\d+)", re.MULTILINE)
_CLUSTER = re.compile(rb"^-- PostgreSQL database cluster dump$", re.MULTILINE)
_MAKES = re.compile(rb"^CREATE DATABASE .*\n(?s:.*?)^\\connect ", re.MULTILINE)
_ENTRY = re.compile(rb"^-- Name: ", re.MULTILINE)
_DUMMY_VIEW = re.compile(rb"^CREATE OR REPLACE VIEW (?s:.*?);\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Head:
    """What the first lines tell: the major version of the server that was dumped and of the pg_dump that did
    it, 0 where they do not say."""

    of: int
    by: int


def read_head(head: bytes) -> Head:
    """Raises RestoreRefused when that is no dump of one database as plain SQL."""
    if head.startswith(_CUSTOM[0]) or head[:512].startswith(_CUSTOM[1]):
        raise RestoreRefused(
            "it is an archive of pg_dump, not SQL",
            next_step="restore the SQL that `pg_restore --clean --if-exists -f dump.sql FILE` makes of it",
        )
    if b"\0" in head:
        raise RestoreRefused("it is not SQL", next_step="see `volops list` for backups")
    if _CLUSTER.search(head[:_HEAD_BYTES]):
        raise RestoreRefused(
            "it is a dump of a whole server (pg_dumpall), not of one database",
            next_step="load it with psql into a new, empty server",
        )
    return Head(_number(_OF, head), _number(_BY, head))


def loadable(dump: Iterable[bytes]) -> Iterator[bytes]:
    """The dump as it can be loaded into an empty database, whatever that is called: without what makes a
    database and connects to it (`pg_dump --create`), and without the fences of newer versions."""
    stream = iter(dump)
    head = b""
    for chunk in stream:
        head += chunk
        if len(head) >= _HEAD_BYTES:
            break
    if _MAKES.search(_before_first_table(head)):
        _, rest = split(itertools.chain([head], stream))
    else:
        rest = itertools.chain([_without_dummies(head)], stream)
    return unfenced(rest)


def _before_first_table(head: bytes) -> bytes:
    """What comes before any contents, where no function's text can look like a command."""
    found = re.search(rb"^-- Name: .*; Type: (?!DATABASE|COMMENT|SECURITY LABEL)", head, re.MULTILINE)
    return head[: found.start()] if found else head


def _without_dummies(head: bytes) -> bytes:
    """Without the views that `--clean` makes of nothing in order to drop what they are in a circle with: in
    an empty database neither their schemas nor their types are there."""
    first = _ENTRY.search(head)
    end = first.start() if first else len(head)
    return _DUMMY_VIEW.sub(b"", head[:end]) + head[end:]


def _number(pattern: re.Pattern[bytes], head: bytes) -> int:
    found = pattern.search(head)
    return int(found[1]) if found else 0
