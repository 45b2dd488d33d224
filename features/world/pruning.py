"""What the document says to do when the disk is full, on an engine that only the stack uses: it takes
whatever nobody needs."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass

from features.world import engine
from features.world.engine import Container, docker
from features.world.following import Followed, follow
from features.world.project import Project
from features.world.survival import Answer, Planted, ask

TITLE = "Issue: Volume Disk Space Full"
_UNUSED = "nobody-needs-it"


@dataclass(frozen=True, slots=True)
class Pruned:
    """`run` is what was typed. `unused` is what there was that nobody needs, in words, and `left` what of it
    was still there; `services` were there before, and `running` after. `answers` is what they said then."""

    run: Followed
    unused: tuple[str, ...]
    left: tuple[str, ...]
    services: tuple[Container, ...]
    running: tuple[Container, ...]
    answers: tuple[Answer, ...]


def prune(project: Project, planted: Planted, address: Callable[[], str]) -> Pruned:
    """Leave something of each kind about that nobody needs, and follow the document."""
    anonymous = _leave_about(project)
    unused, before = _unused(anonymous), project.containers
    run = follow(TITLE, project)
    left = _unused(anonymous)
    rows = [(one, "there" if one in left else "gone") for one in unused]
    project.recorder.table("what nobody needs", ("before", "after"), rows)
    answers = tuple(ask(project, planted, address()))
    return Pruned(run, unused, left, tuple(before), tuple(project.containers), answers)


def _leave_about(project: Project) -> str:
    """A stopped container, its volume without a name, whose name is returned, an image and a network."""
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    docker("import", "-", f"{_UNUSED}:1", data=empty.getvalue())
    docker("network", "create", _UNUSED)
    image = project.container("cache").inspected["Image"]
    docker("create", "--name", _UNUSED, "--network", "none", "--volume", "/srv/nothing", image, "true")
    (made,) = engine.inspect([_UNUSED])
    named = {mount["Destination"]: str(mount.get("Name", "")) for mount in made.inspected["Mounts"]}
    return named["/srv/nothing"]


def _unused(anonymous: str) -> tuple[str, ...]:
    listings = {
        "container": "ps --all --format {{.Names}}",
        "network": "network ls --format {{.Name}}",
        "image": "images --format {{.Repository}}",
        "volume": "volume ls --quiet",
    }
    found = {kind: docker(*listing.split()).decode().split() for kind, listing in listings.items()}
    return tuple(
        f"{kind} {name}" for kind, names in found.items() for name in names if name in (_UNUSED, anonymous)
    )
