"""Which stacks cannot be copied, and what is said of them."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from volops.testing.gate.binds import carry_out, plan_binds
from volops.testing.gate.refusals import reasons_against


def _reasons(**said: Any) -> list[str]:
    return list(reasons_against({"services": {"web": said}}))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"privileged": True}, "is privileged (`privileged`)"),
        ({"devices": ["/dev/fuse"]}, "uses devices of the machine (`devices`)"),
        ({"network_mode": "host"}, "shares the network of the machine (`network_mode: host`)"),
        ({"pid": "host"}, "shares the processes of the machine (`pid: host`)"),
        ({"ipc": "host"}, "shares the shared memory of the machine (`ipc: host`)"),
        (
            {"network_mode": "container:vpn"},
            "shares the network of a container outside the project (`network_mode: container:vpn`)",
        ),
        ({"network_mode": "proxy"}, "is in the network 'proxy', which is not the project's (`network_mode`)"),
        ({"external_links": ["db"]}, "is linked to containers outside the project (`external_links`)"),
        ({"volumes_from": ["container:db"]}, "mounts the volumes of a container outside the project"),
        (
            {"cap_add": ["CAP_SYS_ADMIN"]},
            "has the capability SYS_ADMIN, which reaches beyond its container (`cap_add`)",
        ),
        (
            {"post_start": [{"command": ["a"]}, {"command": ["b"], "privileged": True}]},
            "runs a privileged program in its container (`post_start`)",
        ),
        (
            {"pre_stop": [{"command": ["b"], "privileged": True}]},
            "runs a privileged program in its container (`pre_stop`)",
        ),
        ({"build": {"privileged": True}}, "is built by a privileged container (`build.privileged`)"),
        (
            {"build": {"entitlements": ["security.insecure"]}},
            "is built with the right to security.insecure (`build.entitlements`)",
        ),
        (
            {"build": {"network": "host"}},
            "is built in the network 'host', which is not the project's (`build.network`)",
        ),
        (
            {"deploy": {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"]}]}}}},
            "uses devices of the machine (`deploy.resources.reservations.devices`)",
        ),
        (
            {"security_opt": ["no-new-privileges", "systempaths:unconfined"]},
            "writes to settings of the machine's kernel (`security_opt: systempaths=unconfined`)",
        ),
        (
            {"teleport": True},
            "has the key `teleport`, of which this volops does not know whether a copy can have it",
        ),
    ],
)
def test_what_reaches_beyond_the_project_is_a_reason(said: dict[str, Any], reason: str) -> None:
    assert _reasons(**said) == [f"service 'web' {reason}"]


def test_a_secret_that_is_kept_elsewhere_is_a_reason() -> None:
    config = {"secrets": {"key": {"external": True}}}
    assert list(reasons_against(config)) == ["secret 'key' is kept outside the project"]


@pytest.mark.parametrize(
    "said",
    [
        {"privileged": False, "devices": [], "network_mode": "service:db", "cap_add": ["NET_ADMIN"]},
        {"network_mode": "none", "ipc": "shareable", "x-mine": 1, "container_name": "web"},
        {"post_start": [{"command": ["a"], "privileged": False}], "build": {"network": "none"}},
        {"deploy": {"resources": {"reservations": {"memory": "64M"}}}, "network_mode": "bridge"},
    ],
)
def test_what_stays_in_the_project_is_none(said: dict[str, Any]) -> None:
    assert _reasons(**said) == []


def _mounting(*mounts: tuple[Path | str, bool]) -> dict[str, Any]:
    volumes = [
        {"type": "bind", "source": str(source), "target": f"/m{number}", "read_only": not written}
        for number, (source, written) in enumerate(mounts)
    ]
    return {"services": {"web": {"volumes": volumes}}}


@pytest.mark.parametrize("source", ["/", "/var/run/docker.sock", "/run", "/var/run"])
def test_the_engine_itself_is_a_reason_even_for_reading(source: str, tmp_path: Path) -> None:
    (reason,) = plan_binds(_mounting((source, False)), tmp_path, tmp_path / "p", ()).reasons
    assert reason.startswith(f"service 'web' mounts {source}, by which it controls the engine (")


def test_writing_outside_the_source_tree_is_a_reason(tmp_path: Path) -> None:
    tree, elsewhere = tmp_path / "tree", tmp_path / "elsewhere"
    for directory in (tree, elsewhere):
        directory.mkdir()
    (reason,) = plan_binds(_mounting((elsewhere, True)), tree, tmp_path / "p", ()).reasons
    assert reason == f"service 'web' mounts {elsewhere} for writing, which is outside {tree}"


def test_a_link_out_of_the_tree_is_no_way_round(tmp_path: Path) -> None:
    tree, elsewhere = tmp_path / "tree", tmp_path / "elsewhere"
    for directory in (tree, elsewhere):
        directory.mkdir()
    (tree / "data").symlink_to(elsewhere)
    assert plan_binds(_mounting((tree / "data", True)), tree, tmp_path / "p", ()).reasons


def test_reading_outside_the_tree_is_fine(tmp_path: Path) -> None:
    found = plan_binds(_mounting(("/etc/hostname", False)), tmp_path, tmp_path / "p", ())
    assert found.reasons == ()
    assert found.placed == {"/etc/hostname": "/etc/hostname"}


def test_a_directory_of_sockets_is_a_reason(tmp_path: Path) -> None:
    elsewhere = tmp_path / "s"
    elsewhere.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(elsewhere / "agent"))
        (reason,) = plan_binds(_mounting((elsewhere, False)), tmp_path / "tree", tmp_path / "p", ()).reasons
    assert reason.endswith("where programs of the machine listen (sockets)")


def test_a_device_is_a_reason(tmp_path: Path) -> None:
    (reason,) = plan_binds(_mounting(("/dev/null", False)), tmp_path, tmp_path / "p", ()).reasons
    assert reason == "service 'web' mounts /dev/null, a device of the machine"


class TestBindMountsInTheTree:
    """Those that may be copied."""

    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        tree = tmp_path / "tree"
        for path in ("src/app/main.py", "src/media/logo.png", "conf/nginx.conf", "pgdata/PG_VERSION"):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(path)
        return tree

    @pytest.fixture
    def private(self, tmp_path: Path) -> Path:
        return tmp_path / "private"

    def test_what_is_only_read_stays_where_it_is(self, tree: Path, private: Path) -> None:
        found = plan_binds(_mounting((tree / "conf", False)), tree, private, ())
        assert found.placed == {str(tree / "conf"): str(tree / "conf")}
        assert not found.copies

    def test_what_is_written_is_a_copy(self, tree: Path, private: Path) -> None:
        found = plan_binds(_mounting((tree / "src", True)), tree, private, ())
        carry_out(found)
        copy = Path(found.placed[str(tree / "src")])
        assert private in copy.parents
        assert (copy / "media" / "logo.png").read_text() == "src/media/logo.png"
        (copy / "app" / "main.py").write_text("changed")
        assert (tree / "src" / "app" / "main.py").read_text() == "src/app/main.py"

    def test_a_single_file_is_copied_as_one(self, tree: Path, private: Path) -> None:
        found = plan_binds(_mounting((tree / "conf" / "nginx.conf", True)), tree, private, ())
        carry_out(found)
        assert Path(found.placed[str(tree / "conf" / "nginx.conf")]).read_text() == "conf/nginx.conf"

    def test_readers_and_writers_share_one_copy(self, tree: Path, private: Path) -> None:
        mounts = _mounting((tree / "src" / "media", True), (tree / "src", False), (tree / "conf", False))
        found = plan_binds(mounts, tree, private, ())
        media, source = (Path(found.placed[str(tree / path)]) for path in ("src/media", "src"))
        assert media == source / "media"
        assert private in media.parents
        assert found.placed[str(tree / "conf")] == str(tree / "conf")

    def test_the_files_of_a_server_are_not_copied(self, tree: Path, private: Path) -> None:
        key = str(tree / "pgdata")
        found = plan_binds(_mounting((tree / "pgdata", True), (tree / "src", True)), tree, private, [key])
        carry_out(found)
        assert list(Path(found.placed[key]).iterdir()) == []

    def test_what_is_not_there_is_not_made_in_the_tree(self, tree: Path, private: Path) -> None:
        found = plan_binds(_mounting((tree / "later", True)), tree, private, ())
        carry_out(found)
        assert Path(found.placed[str(tree / "later")]).is_dir()
        assert not (tree / "later").exists()
