"""Collected static files."""

from __future__ import annotations

from volops_plugins.static import Static

from tests.live import LiveVolume, mounted, opened, surroundings
from tests.plugins.inventory import assert_columns
from volops.engine import Engine
from volops.model import Criticality
from volops.tar import walk


def test_the_columns_of_the_inventory() -> None:
    assert_columns(Static)
    assert Static.criticality is Criticality.REGENERABLE
    assert Static.by_default


def test_they_are_archived_though_they_could_be_made_again(engine: Engine, volume: LiveVolume) -> None:
    volume.sh("mkdir -p /volume/admin/css && printf 'a{}' >/volume/admin/css/base.css")
    with opened(surroundings(engine), mounted("/app/staticfiles", name=volume.name), Static()) as shown:
        (artifact,) = Static().dump(shown.source)
        assert artifact.name == "static_backup_20251025_143022.tar"
        names = [member.name for member in walk(artifact.name, artifact.stream)]
    assert names == [b"./", b"./admin/", b"./admin/css/", b"./admin/css/base.css"]
