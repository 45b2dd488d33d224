"""What the author of a volume type gives the kit: a service that uses such a volume, and data for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from volops.model import Mount, Service, Volume
from volops.shell import Shell

KEY = "data"
SERVICE = "keeper"


class Sample(ABC):
    """One service with one volume of the type. Keep it small: the kit backs it up and restores it a few
    times.

    The methods get a shell in the service's running container, as root. They may be called in any order and
    more than once.
    """

    image: ClassVar[str]
    """A local image of the service, with /bin/sh."""
    target: ClassVar[str]
    """Where the service mounts the volume."""
    service: ClassVar[Mapping[str, Any]] = {}
    """What the compose file says of the service beside image and volume: environment, command, healthcheck.
    The kit waits until it is healthy, after each start."""
    options: ClassVar[Mapping[str, Any]] = {}
    """What `x-volops` says of the volume beside its type."""
    secrets: ClassVar[tuple[str, ...]] = ()
    """Passwords that the service takes, each unlike any other word: nobody may see them."""
    everything: ClassVar[bool] = False
    """True to back up as `volops backup --all` does."""
    recorded: ClassVar[Path | None] = None
    """A directory of backups that the kit made of this sample with earlier versions of the plugin: each must
    restore for ever. `pytest --volops-record DIR` puts today's into DIR/TYPE. Without one nothing is known of
    what earlier versions wrote."""

    @abstractmethod
    def fill(self, service: Shell) -> None:
        """Put data into the service; whatever is there already goes. Return when it is there to stay."""

    @abstractmethod
    def change(self, service: Shell) -> None:
        """Change the data so that `facts` would tell other things of it: a row more, another file."""

    @abstractmethod
    def contents(self, service: Shell) -> object:
        """All the data, as something that compares with `==`; what a restore must bring back.

        `.volops` at the volume's root is no content: there a restore keeps the data from before.
        """


def compose_file(sample: Sample, type_name: str, project: str) -> dict[str, Any]:
    """A compose project of the sample's service, as JSON values."""
    service = {
        "image": sample.image,
        "stop_grace_period": "5s",
        "network_mode": "none",
        **sample.service,
    }
    service["volumes"] = [f"{KEY}:{sample.target}", *sample.service.get("volumes", ())]
    settings = {"type": type_name, **sample.options}
    return {
        "name": project,
        "services": {SERVICE: service},
        "volumes": {KEY: {}},
        "x-volops": {"backups": "./backups", "volumes": {KEY: settings}},
    }


def volume_of(sample: Sample) -> Volume:
    """The sample's volume as `detect` would get it, without anybody asking compose."""
    environment = sample.service.get("environment", {})
    command = sample.service.get("command", ())
    service = Service(
        SERVICE,
        sample.image,
        command=tuple(command.split() if isinstance(command, str) else command),
        environment={name: str(value) for name, value in environment.items()},
    )
    return Volume(KEY, f"sample_{KEY}", mounts=(Mount(service, sample.target),))
