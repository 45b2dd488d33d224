"""Networks of the fake engine: nothing is ever on one."""

from __future__ import annotations

from volops.engine import NetworkInfo


class FakeNetworks:
    """The part of the fake engine that has networks."""

    def __init__(self) -> None:
        super().__init__()
        self._networks: dict[str, str] = {}

    def add_network(self, name: str, project: str) -> None:
        """Have a network of a project."""
        self._networks[name] = project

    def networks(self, project: str) -> list[NetworkInfo]:
        """Those of the project that were added."""
        return [NetworkInfo(name, name) for name, owner in self._networks.items() if owner == project]

    def remove_network(self, network: str) -> None:
        """Forget it."""
        self._networks.pop(network, None)
