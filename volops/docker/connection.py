"""Which engine is meant, and whether it will do."""

from __future__ import annotations

import os
from typing import Any

import docker
import requests.exceptions
from docker.context import ContextAPI
from docker.errors import DockerException
from docker.utils import kwargs_from_env

from volops.docker.engine import DockerEngine
from volops.errors import EngineTooOld, EngineUnavailable

MINIMUM_API = (1, 45)
"""Engine 26: the first that mounts a subpath of a volume (Docker Engine API version history)."""
_DEFAULT = "unix:///var/run/docker.sock"
_START = (
    "start it (`systemctl start docker`, or `make setup` in this checkout) "
    "and see that you may use it (`docker version`)"
)
_INSTALL = "install Docker Engine 26 or newer"


def connect() -> DockerEngine:
    """The engine that the `docker` command would use here: DOCKER_HOST, else DOCKER_CONTEXT, else the
    current context (docker CLI reference, "Environment variables").

    Raises EngineUnavailable when none answers, EngineTooOld when it cannot do what volops needs.
    """
    settings: dict[str, Any] = dict(kwargs_from_env())
    if "base_url" not in settings:
        settings = _of_context()
    address = str(settings.get("base_url", _DEFAULT))
    try:
        client: Any = docker.APIClient(version="auto", use_ssh_client=True, **settings)
    except (DockerException, requests.exceptions.RequestException) as error:
        if "no longer supported" in str(error):
            raise EngineTooOld(_too_old("its API is that of years ago"), next_step=_INSTALL) from error
        needs = "pip install paramiko" if "paramiko" in str(error) else _START
        raise EngineUnavailable(f"no container engine answers at {address}", next_step=needs) from error
    api = tuple(int(part) for part in str(client.api_version).split("."))
    if api < MINIMUM_API:
        client.close()
        raise EngineTooOld(_too_old(f"its API is {client.api_version}"), next_step=_INSTALL)
    return DockerEngine(client, local=address.startswith(("unix://", "http+unix://")))


def _of_context() -> dict[str, Any]:
    name = os.environ.get("DOCKER_CONTEXT") or None
    context: Any = ContextAPI.get_context(name)
    if context is None:
        called = f"context {name!r}" if name else "current context"
        raise EngineUnavailable(
            f"the Docker {called} does not exist", next_step="see `docker context ls`, or set DOCKER_HOST"
        )
    return {"base_url": context.Host, "tls": context.TLSConfig or False} if context.Host else {}


def _too_old(found: str) -> str:
    major, minor = MINIMUM_API
    return f"the container engine is too old: {found}, and {major}.{minor} is needed"
