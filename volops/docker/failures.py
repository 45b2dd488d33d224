"""What the Docker SDK raises, turned into errors of volops, and tried again where a moment may help."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NoReturn

import requests.exceptions
from docker.errors import APIError, DockerException
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

from volops.errors import EngineFailed, EngineUnavailable


def _momentary(error: BaseException) -> bool:
    """True for what may well succeed a moment later: a lost connection, a conflict of removals, a container
    whose processes fork too fast to be frozen (seen on cgroup v1 under load)."""
    if isinstance(error, APIError):
        passing = ("in progress", "unable to freeze")
        return bool(error.is_server_error()) and any(each in str(error.explanation) for each in passing)
    return isinstance(error, requests.exceptions.ConnectionError) and "reset" in str(error).lower()


patiently = retry(
    retry=retry_if_exception(_momentary),
    stop=stop_after_attempt(4),
    wait=wait_exponential(multiplier=0.1, max=2),
    reraise=True,
)


def _fail(error: Exception, doing: str) -> NoReturn:
    if isinstance(error, APIError):
        raise EngineFailed(f"the engine failed {doing}: {error.explanation or error}") from error
    raise EngineUnavailable(
        f"the engine was lost while {doing}", next_step="see `docker version` and the engine's log"
    ) from error


@contextlib.contextmanager
def doing(what: str) -> Iterator[None]:
    try:
        yield
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        _fail(error, what)
