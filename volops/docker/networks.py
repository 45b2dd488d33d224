"""What `volops.docker.DockerEngine` does with networks."""

from __future__ import annotations

import contextlib
from typing import Any

from docker.errors import NotFound

from volops.docker.failures import doing
from volops.docker_records import PROJECT_LABEL, network_info
from volops.engine import NetworkInfo


class DockerNetworks:
    """The networks of one engine, through the SDK's client."""

    def __init__(self, client: Any) -> None:
        self._api = client

    def networks(self, project: str) -> list[NetworkInfo]:
        with doing("listing networks"):
            found = []
            for row in self._api.networks(filters={"label": f"{PROJECT_LABEL}={project}"}):
                # Only the answer for one network says what is on it.
                with contextlib.suppress(NotFound):
                    found.append(network_info(self._api.inspect_network(row["Id"])))
        return sorted(found, key=lambda network: network.name)

    def remove_network(self, network: str) -> None:
        with doing("removing a network"), contextlib.suppress(NotFound):
            self._api.remove_network(network)
