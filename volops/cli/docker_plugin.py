"""`docker volops …`: volops as a plugin of the Docker client (its "CLI Plugins Design" document)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from volops.cli.main import run
from volops.cli.output import Output
from volops.errors import EXIT_USAGE

_METADATA = "docker-cli-plugin-metadata"
_COMPLETE = "__complete"
_NAME = "volops"
_DIRECTIVES = {"": 4, "file": 0, "dir": 16}
"""What is to be completed, in the numbers by which a completing shell is told (cobra, "Shell completions": no
files, as it would by itself, directories)."""
_VARIABLES = {
    "-c": "DOCKER_CONTEXT",
    "--context": "DOCKER_CONTEXT",
    "-H": "DOCKER_HOST",
    "--host": "DOCKER_HOST",
    "--config": "DOCKER_CONFIG",
    "-l": "",
    "--log-level": "",
}
_FLAGS = ("-D", "--debug")


def main() -> int:
    """Run as the Docker client calls its plugins, and return the exit code.

    The client asks for the plugin's metadata first, and then passes all its own arguments on: its global
    options, the plugin's name, and what follows it.
    """
    arguments = sys.argv[1:]
    if arguments == [_METADATA]:
        sys.stdout.write(json.dumps(_metadata()) + "\n")
        return 0
    if arguments[:1] == [_COMPLETE]:
        sys.stdout.write(_completed(arguments[1:]))
        return 0
    if _NAME not in arguments:
        return run(arguments, program=_NAME)
    place = arguments.index(_NAME)
    if unknown := _adopt(arguments[:place]):
        Output(json=False, quiet=False).error(
            f"the option {unknown} of docker cannot be followed: set DOCKER_HOST, DOCKER_TLS_VERIFY and "
            "DOCKER_CERT_PATH instead"
        )
        return EXIT_USAGE
    return run(arguments[place + 1 :], program=f"docker {_NAME}")


def _adopt(options: Sequence[str]) -> str:
    """Turn the client's global options into the variables that mean the same; return the first that
    has none."""
    waiting = iter(options)
    for option in waiting:
        name, _, value = option.partition("=")
        if name in _FLAGS:
            continue
        if name not in _VARIABLES:
            return name
        value = value or next(waiting, "")
        if variable := _VARIABLES[name]:
            os.environ[variable] = value
    return ""


def _completed(words: Sequence[str]) -> str:
    """What the client's own completion is answered: a line for each word that may stand in the place of the
    last one, with what it means, and a line that tells the rest."""
    from click.shell_completion import ShellComplete

    from volops.cli.root import root

    place = words.index(_NAME) if _NAME in words else -1
    _adopt(words[: max(place, 0)])
    completing = ShellComplete(root, {}, _NAME, "_VOLOPS_COMPLETE")
    *before, last = words[place + 1 :] or [""]
    found = completing.get_completions(before, last)
    kinds = {each.type for each in found if each.type in _DIRECTIVES}
    lines = [f"{each.value}\t{each.help or ''}".rstrip() for each in found if each.type not in kinds]
    return "\n".join([*lines, f":{_DIRECTIVES[kinds.pop() if kinds else '']}", ""])


def _metadata() -> dict[str, str]:
    from importlib.metadata import version

    return {
        "SchemaVersion": "0.1.0",
        "Vendor": "The volops authors",
        "Version": version("volops"),
        "ShortDescription": "Back up the volumes of a compose stack",
    }
