"""Making a copy of a compose project, and taking it away whatever happened."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from volops.errors import EngineFailed
from volops.testing.gate.binds import Binds, carry_out, plan_binds, room_for
from volops.testing.gate.copying import StackCopy
from volops.testing.gate.engine_commands import Said, run
from volops.testing.gate.isolation import Place, escaped, image_of, isolate, own_image
from volops.testing.gate.original import Original, StackRefused
from volops.testing.gate.refusals import reasons_against

_LONGEST_NAME = 40


@contextlib.contextmanager
def copied(
    original: Original, *, patience: float = 300.0, tell: Callable[[Said], None] = lambda _: None
) -> Iterator[StackCopy]:
    """A copy of the project for as long as the context lasts; not started.

    Raises StackRefused when it would share something with the original, with the machine or with others;
    EngineFailed when something of it could not be removed.
    """
    name = f"{original.project[:_LONGEST_NAME]}-gate-{secrets.token_hex(4)}"
    directory = Path(tempfile.mkdtemp(prefix=f"volops-{name}-"))
    copy = StackCopy(original, name, directory, patience, tell=tell)
    with _taken_away(copy):
        _prepare(copy)
        yield copy


@contextlib.contextmanager
def _taken_away(copy: StackCopy) -> Iterator[None]:
    """Afterwards the copy is removed; where that failed, it is tried once more when this process ends."""
    atexit.register(copy.remove)
    try:
        yield
    except BaseException as error:
        try:
            _remove(copy)
        except EngineFailed as left:
            if isinstance(error, Exception):
                raise
            # That something is left must not hide that somebody stopped it.
            warnings.warn(str(left), stacklevel=2)
        raise
    _remove(copy)


def _remove(copy: StackCopy) -> None:
    copy.remove()
    atexit.unregister(copy.remove)


def require_safe(original: Original) -> Binds:
    """What becomes of its bind mounts. Raises StackRefused as `copied` does; makes nothing."""
    binds = plan_binds(original.config, original.tree, Path("/"), original.servers)
    if reasons := [*reasons_against(original.config), *binds.reasons]:
        raise StackRefused(original.project, reasons)
    return binds


def _prepare(copy: StackCopy) -> None:
    original = copy.original
    require_safe(original)
    if copy.directory.resolve().is_relative_to(original.tree):
        raise StackRefused(
            original.project,
            [f"temporary files are inside of it: set TMPDIR to a place outside {original.tree}"],
        )
    copy.binds = plan_binds(original.config, original.tree, copy.directory / "binds", original.servers)
    if not room_for(copy.binds, copy.directory):
        size = f"{copy.binds.size / 2**30:.1f} GiB"
        raise StackRefused(original.project, [f"there is no room for a copy of its bind mounts, {size}"])
    try:
        carry_out(copy.binds)
    except OSError as error:
        raise StackRefused(original.project, [str(error)]) from error
    images = dict(_images(original, copy.name))
    copy.images.update(images)
    place = Place(
        name=copy.name,
        directory=original.stack.directory,
        backups=copy.backups,
        binds=copy.binds.placed,
        images=images,
    )
    _tag_what_is_there(images)
    isolated = isolate(original.config, original.project, place)
    copy.changes = isolated.changes
    # JSON is YAML (YAML 1.2, section 1.2). It holds the environment of the services: for nobody else.
    descriptor = os.open(copy.directory / "compose.yaml", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(escaped(isolated.config), file, indent=2)


def _images(original: Original, name: str) -> Iterator[tuple[str, str]]:
    for service, said in (original.config.get("services") or {}).items():
        if image := image_of(service, said, original.project):
            yield image, own_image(image, original.project, name)


def _tag_what_is_there(images: Mapping[str, str]) -> None:
    """Give the images that are built already their second name; the others are for compose to build."""
    for image, own in images.items():
        run(["docker", "tag", image, own], shown="")
