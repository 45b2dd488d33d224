"""plugins, completion, docker-plugin."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from volops.cli.verb import verb
from volops.errors import EXIT_DONE, EXIT_FAILED, VolopsError

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation

_SHELLS = ("bash", "zsh", "fish")


@verb("plugins", examples=["volops plugins"])
def plugins(invocation: Invocation) -> int:
    """List plugins and their volume types.

    Ends with 1 when a plugin is broken: the volumes it owns cannot be backed up.
    """
    from volops.plugins import discover

    found, output = discover().plugins, invocation.output
    output.document(
        {
            "plugins": [
                {
                    "plugin": each.name,
                    "distribution": each.distribution,
                    "version": each.version,
                    "interface": each.interface,
                    "types": list(each.types),
                    "stores": list(each.stores),
                    "commands": list(each.commands),
                    "hooks": list(each.hooks),
                    "status": each.status,
                    "reason": each.reason or None,
                }
                for each in found
            ]
        }
    )
    output.table(
        ("PLUGIN", "DISTRIBUTION", "VERSION", "INTERFACE", "TYPES", "HOOKS", "STATUS"),
        [
            (
                each.name,
                each.distribution,
                each.version,
                "-" if each.interface is None else str(each.interface),
                ", ".join(each.types) or "-",
                ", ".join(hook.removeprefix("volops_") for hook in each.hooks) or "-",
                each.status,
            )
            for each in found
        ],
    )
    broken = [each for each in found if each.status == "broken"]
    for each in broken:
        output.warn(f"plugin {each.name} is broken: {each.reason}")
    return EXIT_FAILED if broken else EXIT_DONE


@verb("completion", json=False, examples=['eval "$(volops completion bash)"'])
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(invocation: Invocation, shell: str) -> None:
    """Print a completion script for a shell.

    Verbs, options, and the names of services, volumes and backups are completed. To have it always, put

    \b
        eval "$(volops completion bash)"     in ~/.bashrc
        eval "$(volops completion zsh)"      in ~/.zshrc
        volops completion fish | source      in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from volops.cli.root import root

    found = get_completion_class(shell)
    if found is None:
        raise VolopsError(f"no completion for {shell}")
    invocation.output.text(found(root, {}, "volops", "_VOLOPS_COMPLETE").source())


@verb("docker-plugin", json=False, examples=["volops docker-plugin install", "docker volops backup"])
@click.argument("action", type=click.Choice(["install", "remove"]))
def docker_plugin(invocation: Invocation, action: str) -> None:
    """Make `docker volops` work.

    `install` links this installation into the Docker client's directory of plugins (DOCKER_CONFIG, or
    ~/.docker); `remove` takes the link away.
    """
    home = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    link = home / "cli-plugins" / "docker-volops"
    if link.exists() and not link.is_symlink():
        raise VolopsError(f"{link} is not a link of ours", next_step="move it away and try again")
    try:
        link.unlink(missing_ok=True)
        if action == "install":
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(_program())
    except OSError as error:
        raise VolopsError(
            f"cannot change {link}: {error.strerror}", next_step="set DOCKER_CONFIG to a directory of yours"
        ) from error
    done = "`docker volops` works now" if action == "install" else "`docker volops` is gone"
    invocation.output.note(f"{done} ({link})")


def _program() -> Path:
    """The script beside the one that runs; its interpreter's, when that is not it."""
    for directory in (Path(sys.argv[0]).absolute().parent, Path(sys.executable).parent):
        program = directory / "docker-volops"
        if program.is_file():
            return program.resolve()
    raise VolopsError("the program docker-volops is not installed", next_step="install volops with pip")
