"""Containers outside the stack that use its volumes: volops does not stop them, and does not pull data away
under them."""

from __future__ import annotations

from collections.abc import Iterable

from volops.engine import LABEL_HELPER, ContainerInfo
from volops.errors import RestoreRefused
from volops.operations.clean_refusals import belongs
from volops.services import ACTIVE
from volops.source import Surroundings


def refuse_strangers(around: Surroundings, names: Iterable[str]) -> None:
    """Raise RestoreRefused, naming it, when a container that is no service of the stack uses one of the named
    volumes or host paths now; one of `docker compose run` is none either."""
    for name in names:
        for container in around.engine.containers_using(name):
            # The engine's own filter also looks at targets.
            mounted = any(mount.source == name for mount in container.mounts)
            if mounted and container.state in ACTIVE and not _is_known(around, container):
                raise RestoreRefused(
                    f"volume {name!r} is in use by container {container.name!r}, which is not a service of "
                    "this stack",
                    next_step=f"stop it with `docker stop {container.name}`",
                )


def _is_known(around: Surroundings, container: ContainerInfo) -> bool:
    """A helper of ours, or one that is stopped and started with its service."""
    if LABEL_HELPER in container.labels:
        return True
    own = belongs(container, around.stack.project) and not container.one_off
    return own and around.stack.service(container.service) is not None
