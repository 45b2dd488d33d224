"""What every engine must do, as tests: subclass EngineConformance and give it a `site` fixture."""

from __future__ import annotations

import io
import tarfile
import uuid

import pytest

from volops.engine import Engine
from volops.errors import EngineFailed
from volops.testing.engine_site import MISSING, EngineSite
from volops.testing.helper_conformance import HelperConformance

__all__ = ["EngineConformance", "EngineSite"]


class EngineConformance(HelperConformance):
    """Subclass it, with a fixture `site` that gives an EngineSite, in a class whose name begins with Test."""

    def test_it_says_what_it_is(self, engine: Engine) -> None:
        info = engine.info()
        assert info.name
        assert int(info.version.split(".")[0]) >= 26
        assert tuple(map(int, info.api_version.split("."))) >= (1, 45)

    def test_a_container_of_the_project_is_listed_in_full(
        self, site: EngineSite, container: str, volume: str, project: str
    ) -> None:
        (found,) = site.engine.containers(project)
        assert (found.id, found.project, found.service) == (container, project, "db")
        assert (found.state, found.running, found.one_off) == ("running", True, False)
        assert (found.image, found.image_id) == (site.image, site.engine.image_id(site.image))
        (mount,) = found.mounts
        assert (mount.kind, mount.source, mount.target, mount.writable) == ("volume", volume, "/data", True)
        assert found.environment["GREETING"] == "hello=world"
        assert "geheim" not in repr(found)

    def test_other_projects_containers_are_not_listed(
        self, engine: Engine, container: str, project: str
    ) -> None:
        assert container
        assert engine.containers(project[:-1]) == []

    def test_containers_that_use_a_volume_are_listed_running_or_not(
        self, engine: Engine, container: str, volume: str
    ) -> None:
        assert [found.id for found in engine.containers_using(volume)] == [container]
        engine.stop(container)
        assert [found.id for found in engine.containers_using(volume)] == [container]
        assert engine.containers_using(MISSING) == []

    def test_only_volumes_that_exist_are_given(self, engine: Engine, volume: str) -> None:
        found = engine.volumes([volume, MISSING])
        assert found.keys() == {volume}
        assert (found[volume].name, found[volume].driver) == (volume, "local")
        assert found[volume].mountpoint

    def test_a_volume_is_as_large_as_its_files(self, engine: Engine, volume: str) -> None:
        size = engine.volume_sizes()[volume]
        assert 5 + 256 * 40 <= size < 64 << 10

    def test_a_volume_is_made_once_and_removed_when_nobody_uses_it(self, engine: Engine) -> None:
        name = f"made-{uuid.uuid4().hex[:12]}"
        engine.create_volume(name, {"purpose": "test"})
        try:
            assert engine.volumes([name])[name].labels == {"purpose": "test"}
            with pytest.raises(EngineFailed, match="exists already"):
                engine.create_volume(name, {})
        finally:
            engine.remove_volume(name)
        assert engine.volumes([name]) == {}
        engine.remove_volume(name)

    def test_a_volume_that_is_in_use_is_not_removed(
        self, engine: Engine, container: str, volume: str
    ) -> None:
        assert engine.running(container)
        with pytest.raises(EngineFailed):
            engine.remove_volume(volume)
        assert engine.volumes([volume])

    def test_volumes_of_a_project_are_known_by_composes_label(self, engine: Engine, project: str) -> None:
        name = f"made-{uuid.uuid4().hex[:12]}"
        engine.create_volume(name, {"com.docker.compose.project": project})
        try:
            assert engine.project_volumes(project).keys() == {name}
            assert engine.project_volumes(project[:-1]) == {}
        finally:
            engine.remove_volume(name)

    def test_a_network_of_a_project_is_removed_once_and_that_is_fine_twice(
        self, site: EngineSite, project: str
    ) -> None:
        name = site.network(project=project)
        (found,) = site.engine.networks(project)
        assert (found.name, found.attached) == (name, ())
        assert site.engine.networks(project[:-1]) == []
        site.engine.remove_network(found.id)
        assert site.engine.networks(project) == []
        site.engine.remove_network(found.id)

    def test_a_local_image_has_an_id_and_another_has_none(self, site: EngineSite) -> None:
        found = site.engine.image_id(site.image)
        assert found is not None
        assert site.engine.image_id(found) == found
        assert site.engine.image_id(MISSING) is None
        assert site.engine.image_digests(MISSING) == ()

    def test_a_program_prints_on_two_channels_and_has_an_exit_code(
        self, engine: Engine, container: str
    ) -> None:
        output = engine.run(container, ["sh", "-c", "echo out; echo err >&2; exit 3"])
        assert (output.code, output.stdout, output.stderr) == (3, b"out\n", "err\n")

    def test_input_is_the_whole_standard_input(self, engine: Engine, container: str) -> None:
        data = bytes(range(256)) * 8192
        assert engine.run(container, ["cat"], input=data).stdout == data
        assert engine.run(container, ["cat"], input=b"").stdout == b""
        assert engine.run(container, ["cat"]).stdout == b""

    def test_what_is_written_piece_by_piece_is_the_standard_input(
        self, engine: Engine, container: str
    ) -> None:
        program = engine.exec(container, ["cat"], reading=True)
        assert program.write(b"one, ")
        assert program.write(b"two")
        program.end_input()
        assert b"".join(chunk for _, chunk in program.output()) == b"one, two"
        assert program.exit_code() == 0

    def test_a_program_runs_as_the_user_asked_for_with_the_containers_environment(
        self, engine: Engine, container: str
    ) -> None:
        assert engine.run(container, ["id", "-u"], user="1000").text == "1000"
        assert engine.run(container, ["id", "-u"]).text == "0"
        assert engine.run(container, ["printenv", "GREETING"]).text == "hello=world"

    def test_a_program_that_is_not_there_fails(self, engine: Engine, container: str) -> None:
        assert engine.run(container, ["never-heard-of"]).code in {126, 127}

    def test_a_stopped_or_missing_container_runs_nothing(self, engine: Engine, container: str) -> None:
        engine.stop(container)
        with pytest.raises(EngineFailed):
            engine.run(container, ["true"])
        with pytest.raises(EngineFailed):
            engine.run("0" * 64, ["true"])

    def test_a_program_whose_container_ends_has_no_good_exit_code(
        self, engine: Engine, container: str
    ) -> None:
        program = engine.exec(container, ["sh", "-c", "echo started; exec sleep 60"])
        output = program.output()
        assert next(output) == (1, b"started\n")
        assert program.exit_code() is None
        engine.remove_container(container)
        assert list(output) == []
        assert program.exit_code() != 0

    def test_files_are_read_from_a_container_that_never_ran(self, site: EngineSite, volume: str) -> None:
        idle = site.engine.create_idle(site.image, volume, "/volume")
        try:
            assert not site.engine.running(idle)
            data = b"".join(site.engine.get_archive(idle, "/volume"))
        finally:
            site.engine.remove_container(idle)
        assert data.endswith(bytes(1024))
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            files = {member.name: tar.extractfile(member) for member in tar if member.isfile()}
            content = {name: file.read() for name, file in files.items() if file}
        assert content == {"volume/a.txt": b"alpha", "volume/deep/b.bin": bytes(range(256)) * 40}

    def test_files_that_are_not_there_cannot_be_read(self, engine: Engine, helper: str) -> None:
        with pytest.raises(EngineFailed):
            list(engine.get_archive(helper, "/volume/never"))

    def test_pausing_can_be_undone(self, engine: Engine, container: str, project: str) -> None:
        engine.pause(container)
        assert self._state(engine, project) == "paused"
        with pytest.raises(EngineFailed):
            engine.pause(container)
        engine.unpause(container)
        assert self._state(engine, project) == "running"
        engine.unpause(container)
        assert engine.run(container, ["true"]).code == 0

    def test_stopping_can_be_undone(self, engine: Engine, container: str, project: str) -> None:
        engine.stop(container)
        assert self._state(engine, project) == "exited"
        assert not engine.running(container)
        engine.stop(container)
        engine.start(container)
        assert self._state(engine, project) == "running"
        engine.start(container)
        assert engine.run(container, ["cat", "/data/a.txt"]).stdout == b"alpha"

    def test_what_is_not_running_cannot_be_paused(self, engine: Engine, container: str) -> None:
        engine.stop(container)
        with pytest.raises(EngineFailed):
            engine.pause(container)

    @staticmethod
    def _state(engine: Engine, project: str) -> str:
        (found,) = engine.containers(project)
        return found.state
