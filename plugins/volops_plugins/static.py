"""Volumes of collected static files: what a web server serves and the application can make again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from volops import Criticality, FileTree, Removal, Source, Volume, VolumeType, hookimpl
from volops_plugins._places import Place, place_of

VOLOPS_INTERFACE = 1


@dataclass(frozen=True, slots=True)
class Options:
    """`regenerate` is the command that collects them again in the service that writes them:
    `python manage.py collectstatic --noinput`."""

    regenerate: str = ""


class Static(FileTree):
    """Collected static files; small, so they are archived all the same."""

    name = "static"
    stem = "static"
    summary = "Collected static files (CSS, JavaScript, images)"
    data_included = (
        "Django admin CSS and JavaScript",
        "Third-party library assets",
        "Application static files",
    )
    criticality = Criticality.REGENERABLE
    typical_size = "10 MB to 100 MB"
    backup_priority = "LOW: can be regenerated, backup optional"
    guarantees = (
        "Survives restarts of containers",
        "Can be regenerated with `python manage.py collectstatic`",
    )

    Options: ClassVar[type[Any]] = Options

    def regenerated_by(self, options: Any) -> str:
        """The command that the options name."""
        return str(options.regenerate)

    def clean(self, source: Source) -> Iterable[Removal]:
        """All of it; the command that the options name makes it again."""
        for removal in super().clean(source):
            yield replace(removal, then=str(source.options.regenerate))

    def detect(self, volume: Volume) -> bool:
        """By a mount path that all who write to it call static, staticfiles or public/assets."""
        return place_of(volume) is Place.STATIC


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """The type of static files."""
    return [Static]
