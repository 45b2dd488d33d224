"""What all volumes of one run share: the engine, the stack's containers, images to make helpers of."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from volops.engine import ContainerInfo, Engine, EngineInfo
from volops.errors import EngineFailed
from volops.model import Stack, Volume

BASE_IMAGES = ("debian:trixie-slim", "debian:bookworm-slim")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all volumes of one run share. `helper_images` are tried in order for GNU tar. For a run on a copy
    of the stack, `anew`, services are what the compose file says of them now: compose will make the copy's
    containers of that, whatever those are that the stack has."""

    engine: Engine
    engine_info: EngineInfo
    stack: Stack
    stamp: str
    run: str
    containers: tuple[ContainerInfo, ...]
    helper_images: list[str] = field(default_factory=list)
    anew: bool = False

    def container(self, service: str) -> ContainerInfo | None:
        """A container of the service, a running one if there is any; one-off containers of `compose run`
        do not count. None where all is made `anew`."""
        if self.anew:
            return None
        mine = [c for c in self.containers if c.service == service and not c.one_off]
        return min(mine, key=lambda found: not found.running, default=None)

    def running(self, service: str) -> ContainerInfo | None:
        """The first running container of a service, or None."""
        found = self.container(service)
        return found if found is not None and found.running else None

    def images_for(self, volume: Volume) -> list[str]:
        """Ids of local images to make a helper of, the likeliest first; made once a run."""
        images = self.helper_images
        if len(images) <= 1:
            mine = {mount.service.name for mount in volume.mounts}
            containers = sorted(self.containers, key=lambda found: found.service not in mine)
            images.extend(container.image_id for container in containers)
            named = [service.image for service in self.stack.services]
            images.extend(filter(None, map(self.engine.image_id, [*named, *BASE_IMAGES])))
        return list(dict.fromkeys(images))

    def prefer(self, image: str) -> None:
        """Try this image, which has turned out to be good, before all others from now on."""
        self.helper_images.remove(image)
        self.helper_images.insert(0, image)


def look_around(engine: Engine, stack: Stack, stamp: str, helper_image: str | None = None) -> Surroundings:
    """The surroundings of a run that starts now. `helper_image` is what the user wants helpers to be made of.

    Raises EngineFailed when that image is not there.
    """
    preferred = [] if helper_image is None else [engine.image_id(helper_image)]
    if None in preferred:
        raise EngineFailed(
            f"helper image {helper_image!r} is not on this engine", next_step=f"docker pull {helper_image}"
        )
    return Surroundings(
        engine=engine,
        engine_info=engine.info(),
        stack=stack,
        stamp=stamp,
        run=uuid.uuid4().hex,
        containers=tuple(engine.containers(stack.project)),
        helper_images=[image for image in preferred if image],
    )
