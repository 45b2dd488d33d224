"""Everything that a copy has on the engine and on disk goes, in whatever state it is; what cannot is told."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from volops.engine import LABEL_HELPER, LABEL_PROJECT
from volops.errors import EngineFailed
from volops.testing.gate.engine_commands import docker, listed, patiently, undisturbed

_PROJECT = "com.docker.compose.project"
_NO_IMAGE = "No such image"
"""How the engine says that it has no image of that name (moby, daemon/images/image.go)."""


def remains(name: str) -> list[str]:
    """What of the project is on the engine, in words: containers, volumes, networks. Raises EngineFailed when
    nobody can know."""
    mine = ("--filter", f"label={_PROJECT}={name}")
    found = {
        "container": listed("ps", "--all", "--format", "{{.Names}}", *mine),
        "volume": volumes_of(name),
        "network": listed("network", "ls", "--format", "{{.Name}}", *mine),
    }
    return [f"{kind} {each}" for kind, names in found.items() for each in names]


@patiently
def volumes_of(name: str) -> list[str]:
    """The volumes of the project: those that compose made, those that its containers mount without a name,
    and those that a killed run made for it. Raises EngineFailed."""
    labels = (f"label={_PROJECT}={name}", f"label={LABEL_PROJECT}={name}")
    labelled = {each for label in labels for each in listed("volume", "ls", "--quiet", "--filter", label)}
    named = {each for each in listed("volume", "ls", "--quiet") if each.startswith(f"{name}_")}
    containers = listed("ps", "--all", "--quiet", "--filter", f"label={_PROJECT}={name}")
    template = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'
    mounted = set(listed("inspect", "--format", template, *containers)) if containers else set()
    return sorted(labelled | named | mounted)


def remove_from_engine(name: str, anonymous: Collection[str] = ()) -> None:
    """Take away containers, helpers on its volumes, volumes and networks; fine when there is nothing.
    `anonymous` are volumes that it has had. Raises EngineFailed naming what is still there after a while."""
    known = set(anonymous)

    @patiently
    def clear() -> None:
        known.update(volumes_of(name))
        trouble = _clear(name, known)
        present = set(listed("volume", "ls", "--quiet"))
        left = dict.fromkeys([*remains(name), *(f"volume {each}" for each in sorted(known & present))])
        if left:
            why = f" ({trouble[-1]})" if trouble else ""
            raise EngineFailed(f"still there of {name}: {', '.join(left)}{why}")

    with undisturbed():
        clear()


def _clear(name: str, volumes: Collection[str]) -> list[str]:
    """Remove what is there, each thing whatever became of the others; what was said against it."""
    mine = ("--filter", f"label={_PROJECT}={name}")
    present = set(listed("volume", "ls", "--quiet"))
    there = sorted(present.intersection(volumes))
    helpers = ("ps", "--all", "--quiet", "--filter", f"label={LABEL_HELPER}", "--filter")
    containers = listed("ps", "--all", "--quiet", *mine)
    containers += [each for volume in there for each in listed(*helpers, f"volume={volume}")]
    commands: list[Sequence[str]] = [
        *(("rm", "--force", "--volumes", each) for each in dict.fromkeys(containers)),
        *(("network", "rm", each) for each in listed("network", "ls", "--quiet", *mine)),
        *(("volume", "rm", "--force", each) for each in there),
    ]
    trouble = []
    for command in commands:
        try:
            docker(*command)
        except EngineFailed as error:
            trouble.append(error.message)
    return trouble


@patiently
def remove_images(images: Collection[str]) -> None:
    """Take away these names of images, and the images that have no other; fine when they are not there.
    Raises EngineFailed naming what is still there after a while."""
    with undisturbed():
        left = []
        for image in images:
            try:
                docker("image", "rm", "--no-prune", image)
            except EngineFailed as error:
                left += [] if _NO_IMAGE in error.message else [f"image {image} ({error.message})"]
        if left:
            raise EngineFailed(f"still there: {', '.join(left)}")


def remove_tree(directory: Path, images: Collection[str]) -> None:
    """Remove a directory with what containers wrote into it as users that we are not. `images` are tried for
    one that has `rm`. Raises EngineFailed when that does not help."""
    with undisturbed():
        empty_tree(directory, images)
        with contextlib.suppress(FileNotFoundError):
            directory.rmdir()


def empty_tree(directory: Path, images: Collection[str]) -> None:
    """The same, and the directory itself stays."""
    if not directory.exists():
        return
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                entry.unlink()
    for image in images:
        if not any(directory.iterdir()):
            return
        script = "rm -rf /gone/* /gone/.[!.]* /gone/..?*"
        argv = ["docker", "run", "--rm", "--pull=never", "--network=none", "--user=0"]
        argv += [f"--mount=type=bind,source={directory},target=/gone", "--entrypoint=sh", image, "-c", script]
        subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if left := sorted(entry.name for entry in directory.iterdir()):
        raise EngineFailed(f"still there in {directory}: {', '.join(left)}")
