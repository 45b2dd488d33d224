"""Which engine is meant and whether it will do; and what a helper container may and may not."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socketserver
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.live import HOLD, LiveVolume, docker, eventually, helper, volume_names
from volops.docker import connect
from volops.engine import Engine, HelperSpec
from volops.errors import EngineFailed, EngineTooOld, EngineUnavailable

REAL = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


@contextlib.contextmanager
def engine_of_version(api: str, socket: Path) -> Iterator[str]:
    """Something that answers as an engine of that API version would; gives its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"Version": "20.10.24", "ApiVersion": api, "MinAPIVersion": "1.12"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def address_string(self) -> str:
            return "client"

    with socketserver.ThreadingUnixStreamServer(str(socket), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"unix://{socket}"
        server.shutdown()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration of the docker command, and no variable that says which engine."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def add_context(settings: Path, name: str, host: str) -> None:
    folder = settings / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": False}
    (folder / "meta.json").write_text(
        json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}})
    )


@pytest.mark.parametrize("api", ["1.12", "1.23", "1.24", "1.41", "1.44"])
def test_an_engine_that_is_too_old_is_said(settings: Path, monkeypatch: pytest.MonkeyPatch, api: str) -> None:
    with engine_of_version(api, settings / "old.sock") as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        with pytest.raises(EngineTooOld, match="too old") as refused:
            connect()
    assert "Engine 26" in refused.value.next_step
    assert refused.value.exit_code == 1


@pytest.mark.parametrize("api", ["1.45", "1.51", "2.0"])
def test_an_engine_that_is_new_enough_is_taken(
    settings: Path, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    with engine_of_version(api, settings / "new.sock") as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        connect().close()


@pytest.mark.parametrize("host", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "nonsense"])
def test_no_engine_is_said_with_its_address(
    settings: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    assert settings.is_dir()
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(EngineUnavailable, match=host) as refused:
        connect()
    assert "docker version" in refused.value.next_step


def test_an_engine_over_ssh_needs_a_package(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.is_dir()
    monkeypatch.setenv("DOCKER_HOST", "ssh://somebody@127.0.0.1:1")
    with pytest.raises(EngineUnavailable, match="ssh://somebody"):
        connect()


def test_the_current_context_is_respected(settings: Path) -> None:
    add_context(settings, "far", "unix:///nowhere/far.sock")
    (settings / "config.json").write_text('{"currentContext": "far"}')
    with pytest.raises(EngineUnavailable, match=r"unix:///nowhere/far\.sock"):
        connect()


def test_the_context_variable_beats_the_current_context(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_context(settings, "far", "unix:///nowhere/far.sock")
    add_context(settings, "here", REAL)
    (settings / "config.json").write_text('{"currentContext": "far"}')
    monkeypatch.setenv("DOCKER_CONTEXT", "here")
    connect().close()


def test_the_host_variable_beats_any_context(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_context(settings, "far", "unix:///nowhere/far.sock")
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    monkeypatch.setenv("DOCKER_HOST", REAL)
    connect().close()


def test_a_context_that_does_not_exist_is_no_default(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings / "config.json").write_text('{"currentContext": "gone"}')
    with pytest.raises(EngineUnavailable, match="current context does not exist"):
        connect()
    monkeypatch.setenv("DOCKER_CONTEXT", "typo")
    with pytest.raises(EngineUnavailable, match="context 'typo' does not exist"):
        connect()


def inspect(container: str) -> Any:
    return json.loads(docker("inspect", container))[0]


def test_a_helper_can_do_no_more_than_it_must(engine: Engine, volume: LiveVolume) -> None:
    volume.sh("printf mine >/volume/file && chown 1234 /volume/file && chmod 0600 /volume/file")
    spec = HelperSpec(
        "debian:trixie-slim", HOLD, ((volume.name, "/volume", False),), capabilities=("DAC_READ_SEARCH",)
    )
    with helper(engine, spec) as container:
        script = """
            cat /volume/file; echo
            grep -E '^(CapEff|CapBnd|NoNewPrivs):' /proc/self/status | tr -d '\\t'
            ls /sys/class/net
            (: >/volume/new) 2>/dev/null || echo read-only
            (: >/tmp/new) && echo scratch
        """
        said = docker("exec", container, "sh", "-c", script).decode().split()
        only_reading = "0000000000000004"
        capabilities = [f"CapEff:{only_reading}", f"CapBnd:{only_reading}", "NoNewPrivs:1"]
        assert said == ["mine", *capabilities, "lo", "read-only", "scratch"]
        found = inspect(container)
    assert found["HostConfig"]["LogConfig"]["Type"] == "none"
    assert found["HostConfig"]["AutoRemove"] is True
    assert found["Config"]["Labels"]["volops.helper"] == "1"


def test_what_an_image_declares_as_volumes_leaves_nothing_behind(
    engine: Engine, image: Callable[[str], str]
) -> None:
    with helper(engine, HelperSpec(image("with-volume"), HOLD)) as container:
        mounts = inspect(container)["Mounts"]
        anonymous = {mount["Name"] for mount in mounts if mount["Type"] == "volume"}
        assert len(anonymous) == 2
        assert anonymous <= volume_names()
    eventually("the helper is gone", lambda: not engine.running(container))
    eventually("its volumes are gone", lambda: not anonymous & volume_names())


def test_a_helper_of_an_image_that_compose_built_is_no_service(
    engine: Engine, image: Callable[[str], str], volume: LiveVolume
) -> None:
    built = image("built-by-compose")
    idle = engine.create_idle(built, volume.name, "/volume")
    with helper(engine, HelperSpec(built, HOLD)) as container:
        assert {container, idle} <= {found.id for found in engine.helpers()}
        assert engine.containers("ft-shop") == []
    engine.remove_container(idle)


def test_a_container_that_somebody_makes_of_an_image_that_compose_built_is_no_service(
    engine: Engine,
) -> None:
    name = f"ft-{uuid.uuid4().hex[:8]}"
    words = (f"project={name}", "service=web", "config-hash=made-by-hand")
    labels = [f"--label=com.docker.compose.{word}" for word in words]
    try:
        docker("create", f"--name={name}-inherited", *labels[:2], "debian:trixie-slim", "true")
        made = docker("create", f"--name={name}", *labels, "debian:trixie-slim", "true").decode().strip()
        assert [container.id for container in engine.containers(name)] == [made]
    finally:
        docker("rm", "--force", name, f"{name}-inherited")


def test_a_helper_that_ends_by_itself_leaves_nothing_behind(
    engine: Engine, image: Callable[[str], str]
) -> None:
    container = engine.start_helper(HelperSpec(image("with-volume"), ("/bin/sleep", "0.2")))
    eventually("it is gone", lambda: docker("inspect", container, ok=(0, 1)).strip() == b"[]")
    engine.remove_container(container)


def test_a_helper_that_was_never_started_is_reaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process leaves it that is killed between the two. The label is one of our own, since others work
    with this engine, too."""
    label = f"ft.run-{uuid.uuid4().hex[:12]}"
    monkeypatch.setattr("volops.docker.engine.LABEL_RUN", label)
    left = docker("create", "--label", f"{label}=dead", "debian:trixie-slim", "true").decode().strip()
    start_one(connect())
    assert docker("inspect", "--format", "{{.State.Status}}", left).strip() == b"created"
    monkeypatch.setattr("volops.docker.engine._STARTED_WITHIN_S", -1)
    start_one(connect())
    assert docker("inspect", left, ok=(0, 1)).strip() == b"[]"


def start_one(engine: Engine) -> None:
    engine.remove_container(engine.start_helper(HelperSpec("debian:trixie-slim", HOLD)))


def test_no_volume_ever_comes_into_being(engine: Engine) -> None:
    name = f"ft-{uuid.uuid4().hex[:12]}"
    with pytest.raises(EngineFailed, match=f"'{name}' does not exist"):
        engine.start_helper(HelperSpec("debian:trixie-slim", HOLD, ((name, "/volume", False),)))
    with pytest.raises(EngineFailed, match=f"'{name}' does not exist"):
        engine.create_idle("debian:trixie-slim", name, "/volume")
    assert name not in volume_names()


def test_an_image_s_own_files_never_get_into_an_empty_volume(engine: Engine, volume: LiveVolume) -> None:
    spec = HelperSpec("debian:trixie-slim", HOLD, ((volume.name, "/var", True),))
    with helper(engine, spec):
        assert volume.sh("ls -A /volume") == b""


def test_an_image_that_is_not_here_is_never_pulled(engine: Engine) -> None:
    assert engine.image_id("registry.invalid/nothing:1") is None
    with pytest.raises(EngineFailed, match="starting a helper container"):
        engine.start_helper(HelperSpec("registry.invalid/nothing:1", HOLD))


def test_a_program_s_secrets_may_come_by_its_input(engine: Engine) -> None:
    with helper(engine, HelperSpec("debian:trixie-slim", HOLD)) as container:
        large = b"secret " * 300_000
        output = engine.run(container, ["sh", "-c", "wc -c; echo done >&2; exit 7"], input=large)
        assert (output.code, output.text.strip(), output.stderr) == (7, str(len(large)), "done\n")
