"""The pluggy hooks of volops: how a plugin registers volume types, stores and commands, and observes runs.

They and what `volops` exports are the plugin interface. It has a version, `INTERFACE`, which a plugin states
as `VOLOPS_INTERFACE` in the module that its entry point names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import pluggy

from volops.model import Event
from volops.volume_type import VolumeType

if TYPE_CHECKING:
    import click

    from volops.store import Store

PROJECT = "volops"
INTERFACE = 1
"""The version of the plugin interface. It grows when a plugin written for the one before would no longer
work: when a name or an argument goes, when a method must give or may get something else, or when a class that
plugins write (a volume type, a store, an upload, options) needs a method more. What is only added (a hook, a
method with a default, a field with a default, something more that plugins are given) leaves it as it is."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """Return the volume types this plugin gives, as classes. Called whenever plugins are loaded, which may be
    more than once in a process, in the main thread and with nothing else set up: no project, no engine.

    What it raises, and a class that is no complete volume type, makes the plugin broken: none of its types is
    used, and every volume that is or may be of one of them fails.
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def volops_event(event: Event) -> None:
    """Observe an event of a run, in the thread that makes it, which waits meanwhile: do not take long.

    Events come in order. Each VolumeStarted is followed by its VolumeFinished before the next volume's, and
    each RunStarted by its RunFinished, with the exit code, after an error and an interrupt too; only a killed
    process tells no end. A run that was refused before it began (others hold the lock, a name is unknown)
    has no events. What it raises becomes one warning and never stops the run; the plugin is told nothing more
    in that process.
    """


@hookspec
def volops_stores() -> Mapping[str, Callable[[str], Store]]:
    """Return the stores this plugin gives: for each scheme, such as `s3`, what opens a store. Called as
    volops_volume_types is; what it raises makes the plugin broken.

    The opener gets the whole location, such as `s3://bucket/app`, that a person gave as `--backups`,
    VOLOPS_BACKUPS or `x-volops.backups`. It is called once a run, in the main thread, and should only look:
    nothing is made there before something is stored. Credentials come from the environment or a file, never
    from the location, which is printed. What it raises ends the run, naming the plugin.
    """
    raise AssertionError("a hook specification is never called")


@hookspec
def volops_commands() -> Iterable[click.Command]:
    """Return commands for `volops`, each with a name that no other has. Called as volops_volume_types is, so
    by `volops --help` and by a backup too: make commands here and import what they need when they run. What
    it raises makes the plugin broken.

    A command gets its Call with `click.pass_obj`. The number that it returns is the exit code of the run,
    anything else means 0. It raises VolopsError where a person can mend something; whatever else it raises
    ends the run with one line that names the plugin, and exit code 1.
    """
    raise AssertionError("a hook specification is never called")
