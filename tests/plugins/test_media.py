"""Uploads."""

from __future__ import annotations

from collections.abc import Callable

from volops_plugins.media import Media

from tests.live import LiveVolume, mounted, opened, surroundings
from tests.plugins.inventory import assert_columns
from volops.engine import Engine
from volops.model import Criticality
from volops.tar import walk


def test_the_columns_of_the_inventory() -> None:
    assert_columns(Media)
    assert Media.criticality is Criticality.CRITICAL
    assert Media.by_default
    assert "HIGHEST" in Media.backup_priority


def test_every_upload_is_in_the_archive(engine: Engine, volume: LiveVolume) -> None:
    volume.sh("mkdir /volume/2025 && printf cat >/volume/2025/cat.jpg && printf ü >'/volume/naïve name.txt'")
    with opened(surroundings(engine), mounted("/app/media", name=volume.name), Media()) as shown:
        (artifact,) = Media().dump(shown.source)
        assert artifact.name == "media_backup_20251025_143022.tar"
        assert artifact.media_type == "application/x-tar"
        names = [member.name.decode() for member in walk(artifact.name, artifact.stream)]
        assert names == ["./", "./2025/", "./2025/cat.jpg", "./naïve name.txt"]
        facts = Media().facts(shown.source)
    assert facts["entries"] == 4
    assert facts["layout"] == "tree"
    assert shown.warnings == []


def test_a_planted_marker_is_found_and_no_other(engine: Engine, new_volume: Callable[[], LiveVolume]) -> None:
    marked, other = new_volume(), new_volume()
    marked.sh("chown 33:33 /volume && chmod 0700 /volume")
    around = surroundings(engine)
    with opened(around, mounted("/app/media", name=marked.name), Media()) as shown:
        Media().plant(shown.source, "token1")
        assert Media().found(shown.source, "token1")
        assert not Media().found(shown.source, "token2")
    with opened(around, mounted("/app/media", name=other.name), Media()) as shown:
        assert not Media().found(shown.source, "token1")
