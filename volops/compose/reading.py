"""What the project's files say, as `docker compose config` resolves them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from volops.compose.files import named_files, project_directory, project_env_files, project_files
from volops.compose.options import ComposeOptions, Said, ask, check_version
from volops.compose.resolved import services_of, volumes_of
from volops.errors import ComposeInvalid, InvalidUse, NoComposeFile
from volops.model import Stack

_LOGFMT = re.compile(r'\bmsg="((?:[^"\\]|\\.)*)"')


def load_stack(options: ComposeOptions) -> Stack:
    """Read the project that `docker compose` with these options would work on.

    Services of inactive profiles are read, too, and marked inactive. One call of compose (about 0.15 s),
    a second one when the project has profiles. Raises NoComposeFile, ComposeInvalid with compose's own
    words, ComposeUnavailable, and InvalidUse for a file on standard input, which could be read only once,
    or one that compose fetches from elsewhere.
    """
    if "-" in options.files:
        raise _on_standard_input()
    said = ask(options.argv("config", "--format", "json", every_profile=True))
    if said.code == 0:
        config = _decode(said)
        return _stack(options, config, _active_services(options, config), _warnings(said))
    plain = ask(options.argv("config", "--format", "json"))
    if plain.code != 0:
        raise _error(options, plain)
    config = _decode(plain)
    stack = _stack(options, config, set(config.get("services") or {}), _warnings(plain))
    return replace(stack, complete=False, warnings=(*stack.warnings, _incomplete(said)))


def _stack(
    options: ComposeOptions,
    config: dict[str, Any],
    active: Collection[str],
    warnings: tuple[str, ...],
) -> Stack:
    named = named_files(options)
    files = project_files(options, named)
    for name, file in zip(named, files, strict=False):
        if not file.is_file():
            raise InvalidUse(
                f"compose file {name} is not on this machine",
                next_step="save it with `docker compose config --no-interpolate` and name that with `-f`",
            )
    services, directory = services_of(config, active), project_directory(options, files)
    return Stack(
        project=config["name"],
        directory=directory,
        files=files,
        services=tuple(services.values()),
        volumes=volumes_of(config, services),
        extension=config.get("x-volops") or {},
        warnings=warnings,
        env_files=project_env_files(options, directory),
    )


def _decode(said: Said) -> dict[str, Any]:
    """Compose doubles every dollar sign of its output, so that it may be read again as a compose file."""
    text = said.stdout
    if not re.search(r"(?<!\$)(?:\$\$)*\$(?!\$)", text):
        text = text.replace("$$", "$")
    decoded: dict[str, Any] = json.loads(text)
    return decoded


def _active_services(options: ComposeOptions, config: dict[str, Any]) -> Collection[str]:
    services = config.get("services") or {}
    if not any(service.get("profiles") for service in services.values()):
        return set(services)
    said = ask(options.argv("config", "--services"))
    if said.code != 0:
        raise _error(options, said)
    return set(said.stdout.split())


def _warnings(said: Said) -> tuple[str, ...]:
    found = _LOGFMT.findall(said.stderr)
    return tuple(dict.fromkeys(re.sub(r"\\(.)", r"\1", message) for message in found))


def _reason(said: Said) -> str:
    lines = [line.strip() for line in said.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if not line.startswith("time=")]
    return errors[0] if errors else f"compose ended with code {said.code}"


def _incomplete(said: Said) -> str:
    return f"services of inactive profiles are left out, compose cannot read them: {_reason(said)}"


def _on_standard_input() -> InvalidUse:
    return InvalidUse(
        "a compose file on standard input cannot be used", next_step="save it and name it with `-f`"
    )


def _error(options: ComposeOptions, said: Said) -> Exception:
    check_version()
    reason = _reason(said)
    if "no configuration file provided" in reason:
        where = project_directory(options, ())
        return NoComposeFile(
            f"no compose file in {where} or above it",
            next_step="change to the project's directory, or name the file with `-f FILE`",
        )
    named = named_files(options)
    if "-" in named:
        return _on_standard_input()
    missing = [file for file in project_files(options, named) if not file.exists()]
    if missing and not any("://" in name for name in named):
        return NoComposeFile(
            f"compose file {missing[0]} does not exist",
            next_step="check `-f` and COMPOSE_FILE",
        )
    return ComposeInvalid(
        f"compose refuses the project: {reason}",
        next_step="correct it until `docker compose config` accepts it",
    )
