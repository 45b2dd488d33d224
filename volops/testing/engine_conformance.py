"""What every engine must do, as tests: subclass EngineConformance and give it a `site` fixture."""

from __future__ import annotations

import io
import tarfile
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Protocol

import pytest

from volops.engine import LABEL_HELPER, LABEL_RUN, ContainerInfo, Engine, HelperSpec
from volops.errors import EngineFailed

PATIENCE_S = 60
HOLD = ("sh", "-c", "exec cat >/dev/null")
MISSING = "volops-conformance-never-made"


class EngineSite(Protocol):
    """An engine and the means to set something up on it, by another way than the engine's own methods.

    `image` is a local image with a POSIX shell, cat, echo, id, printenv, sleep and touch. What was made is
    gone after the test.
    """

    engine: Engine
    image: str

    def volume(self, files: Mapping[str, bytes]) -> str:
        """Make a volume with these files, by path below its root; return its name."""
        ...

    def container(
        self, volume: str, target: str, *, project: str, service: str, environment: Mapping[str, str]
    ) -> str:
        """Start a container of `image` that sleeps, as compose would; return its id."""
        ...


class EngineConformance:
    """Subclass it, with a fixture `site` that gives an EngineSite, in a class whose name begins with Test."""

    @pytest.fixture
    def engine(self, site: EngineSite) -> Engine:
        return site.engine

    @pytest.fixture
    def volume(self, site: EngineSite) -> str:
        return site.volume({"a.txt": b"alpha", "deep/b.bin": bytes(range(256)) * 40})

    @pytest.fixture
    def project(self) -> str:
        return f"conformance-{uuid.uuid4().hex[:8]}"

    @pytest.fixture
    def container(self, site: EngineSite, volume: str, project: str) -> str:
        environment = {"GREETING": "hello=world", "SALT": "geheim"}
        return site.container(volume, "/data", project=project, service="db", environment=environment)

    @pytest.fixture
    def helper(self, site: EngineSite, volume: str) -> str:
        return site.engine.start_helper(HelperSpec(site.image, HOLD, ((volume, "/volume", False),), run="r1"))

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

    def test_a_helper_sees_the_volume_and_cannot_write_it(self, engine: Engine, helper: str) -> None:
        assert engine.run(helper, ["cat", "/volume/a.txt"]).stdout == b"alpha"
        refused = engine.run(helper, ["touch", "/volume/new"])
        assert refused.code == 1
        assert "Read-only file system" in refused.stderr

    def test_a_helper_can_write_where_it_may(self, site: EngineSite, volume: str) -> None:
        spec = HelperSpec(site.image, HOLD, ((volume, "/volume", True),))
        helper = site.engine.start_helper(spec)
        assert site.engine.run(helper, ["touch", "/volume/new"]).code == 0
        assert site.engine.run(helper, ["cat", "/volume/new"]).code == 0
        site.engine.remove_container(helper)

    def test_a_helper_is_labelled_and_is_nobodys_project(self, engine: Engine, helper: str) -> None:
        found = self._helper(engine, helper)
        assert found is not None
        assert found.labels[LABEL_RUN] == "r1"
        assert LABEL_HELPER in found.labels
        assert found.project == ""

    def test_a_helper_is_removed_when_its_program_ends(self, site: EngineSite) -> None:
        helper = site.engine.start_helper(HelperSpec(site.image, ("true",)))
        self._eventually(lambda: self._helper(site.engine, helper) is None)
        assert not site.engine.running(helper)

    def test_a_helper_has_its_own_environment(self, site: EngineSite) -> None:
        helper = site.engine.start_helper(HelperSpec(site.image, HOLD, environment={"PGPASSFILE": "/x"}))
        assert site.engine.run(helper, ["printenv", "PGPASSFILE"]).text == "/x"
        site.engine.remove_container(helper)

    def test_a_helper_joins_a_running_container_only(self, site: EngineSite, container: str) -> None:
        helper = site.engine.start_helper(HelperSpec(site.image, HOLD, join=container))
        assert site.engine.running(helper)
        site.engine.remove_container(helper)
        site.engine.stop(container)
        with pytest.raises(EngineFailed):
            site.engine.start_helper(HelperSpec(site.image, HOLD, join=container))

    def test_a_helper_never_makes_a_volume(self, site: EngineSite) -> None:
        with pytest.raises(EngineFailed, match=MISSING):
            site.engine.start_helper(HelperSpec(site.image, HOLD, ((MISSING, "/volume", False),)))
        with pytest.raises(EngineFailed, match=MISSING):
            site.engine.create_idle(site.image, MISSING, "/volume")
        assert site.engine.volumes([MISSING]) == {}

    def test_a_helper_of_an_image_that_is_not_there_fails(self, site: EngineSite) -> None:
        before = {found.id for found in site.engine.helpers()}
        with pytest.raises(EngineFailed):
            site.engine.start_helper(HelperSpec(MISSING, HOLD, run="never-started"))
        after = [found for found in site.engine.helpers() if found.id not in before]
        assert not any(found.labels[LABEL_RUN] == "never-started" for found in after)

    def test_a_container_is_removed_once_and_that_is_fine_twice(self, engine: Engine, helper: str) -> None:
        assert engine.running(helper)
        engine.remove_container(helper)
        assert not engine.running(helper)
        assert self._helper(engine, helper) is None
        engine.remove_container(helper)

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
    def _helper(engine: Engine, container: str) -> ContainerInfo | None:
        return next((found for found in engine.helpers() if found.id == container), None)

    @staticmethod
    def _state(engine: Engine, project: str) -> str:
        (found,) = engine.containers(project)
        return found.state

    @staticmethod
    def _eventually(holds: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < until, "it did not come true within a minute"
            time.sleep(0.02)
