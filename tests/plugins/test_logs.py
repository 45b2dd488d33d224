"""Log files."""

from __future__ import annotations

from volops_plugins.logs import Logs

from tests.live import LiveVolume, mounted, opened, surroundings
from tests.plugins.inventory import assert_columns
from volops.engine import Engine
from volops.model import Criticality
from volops.tar import walk


def test_the_columns_of_the_inventory() -> None:
    assert_columns(Logs)
    assert Logs.criticality is Criticality.OPTIONAL


def test_they_are_left_out_by_default() -> None:
    assert not Logs.by_default


def test_they_are_archived_when_everything_is_asked_for(engine: Engine, volume: LiveVolume) -> None:
    volume.sh("printf 'GET / 200\\n' >/volume/access.log")
    source = mounted("/var/log/nginx", name=volume.name)
    with opened(surroundings(engine), source, Logs(), everything=True) as shown:
        (artifact,) = Logs().dump(shown.source)
        assert artifact.name == "logs_backup_20251025_143022.tar"
        names = [member.name for member in walk(artifact.name, artifact.stream)]
    assert names == [b"./", b"./access.log"]
