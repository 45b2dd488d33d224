"""Everything that a copy has on the engine and on disk goes, in whatever state it is."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from volops.engine import LABEL_HELPER
from volops.testing.gate.engine_commands import docker, listed, undisturbed

_PROJECT = "com.docker.compose.project"


def remains(name: str) -> list[str]:
    """What of the project is on the engine, in words: containers, volumes, networks."""
    mine = ("--filter", f"label={_PROJECT}={name}")
    found = {
        "container": listed("ps", "--all", "--format", "{{.Names}}", *mine),
        "volume": volumes_of(name),
        "network": listed("network", "ls", "--format", "{{.Name}}", *mine),
    }
    return [f"{kind} {each}" for kind, names in found.items() for each in names]


def volumes_of(name: str) -> list[str]:
    """The volumes of the project: those that compose made, those that its containers mount without a name,
    and those that a killed run made for it."""
    labelled = set(listed("volume", "ls", "--quiet", "--filter", f"label={_PROJECT}={name}"))
    named = {each for each in listed("volume", "ls", "--quiet") if each.startswith(f"{name}_")}
    containers = listed("ps", "--all", "--quiet", "--filter", f"label={_PROJECT}={name}")
    template = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'
    mounted = set(listed("inspect", "--format", template, *containers)) if containers else set()
    return sorted(labelled | named | mounted)


def remove_from_engine(name: str, images: Collection[str], anonymous: Collection[str] = ()) -> None:
    """Take away containers, helpers on its volumes, volumes, networks and its own images; fine when there is
    nothing. `anonymous` are volumes that it has had."""
    with undisturbed():
        volumes = sorted({*volumes_of(name), *anonymous})
        containers = listed("ps", "--all", "--quiet", "--filter", f"label={_PROJECT}={name}")
        for volume in volumes:
            containers += listed(
                "ps", "--all", "--quiet", "--filter", f"volume={volume}", "--filter", f"label={LABEL_HELPER}"
            )
        if containers:
            docker("rm", "--force", "--volumes", *dict.fromkeys(containers))
        networks = listed("network", "ls", "--quiet", "--filter", f"label={_PROJECT}={name}")
        if networks:
            docker("network", "rm", *networks)
        present = set(listed("volume", "ls", "--quiet"))
        for volume in volumes:
            if volume in present:
                docker("volume", "rm", "--force", volume)
        for image in images:
            docker("image", "rm", "--no-prune", image)


def remove_tree(directory: Path, images: Collection[str]) -> None:
    """Remove a directory with what containers wrote into it as users that we are not. `images` are tried for
    one that has `rm`."""
    with undisturbed():
        empty_tree(directory, images)
        with contextlib.suppress(OSError):
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
