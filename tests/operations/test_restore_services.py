"""A restore and the containers around it: who must stop, who starts when, and who stands in its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.live import docker
from tests.operations.papers import (
    NEW,
    OLD,
    RESTORING,
    Refusing,
    changed_since,
    holds,
    interrupted_at,
    killed,
    put_back,
    started,
    turn_back,
    with_type,
)
from tests.operations.small_stack import SmallStack, small_stack
from tests.operations.strange_types import Strange
from volops.engine import MountInfo
from volops.errors import (
    CheckFailed,
    EngineFailed,
    InvalidUse,
    NoSuchBackup,
    RestoreFailed,
    RestoreRefused,
)
from volops.journal import JournalFile, Step, Stopped
from volops.model import Artifact, Service, Stack, StoredArtifact
from volops.operations.backup import Selection, backup
from volops.operations.restore import try_out
from volops.operations.restore_plan import plan_restore
from volops.operations.rollback import kept
from volops.services import start_all, stopping
from volops.source import look_around
from volops.testing.fake_engine import FakeEngine
from volops.volume_access import Staging

IMAGE = "debian:trixie-slim"
LATE = """
    command:
      - sh
      - -c
      - |
        rm -f /srv/letters/up; trap "rm /srv/letters/up; exit" TERM
        sleep 1; touch /srv/letters/up; sleep infinity & wait
    healthcheck:
      {test: [CMD, test, -e, /srv/letters/up], interval: 10s, start_period: 30s, start_interval: 200ms}
    init: true
    volumes: ["papers:/srv/papers", "letters:/srv/letters"]
"""
NEEDS_IT = """
    command: [sh, -c, '[ -e /srv/letters/up ] && exec sleep infinity']
    init: true
    depends_on: {store: {condition: service_healthy}}
    volumes: ["papers:/srv/papers:ro", "letters:/srv/letters:ro"]
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    """Backed up with NEW in it, and changed to OLD since."""
    with changed_since(tmp_path) as running:
        yield running


def test_a_service_that_ends_without_its_database_starts_when_that_is_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store takes a moment; the reader has no restart policy. When it is undone, too."""
    with small_stack(tmp_path) as stack:
        _, _, rest = stack.file.read_text().partition("  late:")
        head = f"name: {stack.project}\nservices:\n  store:\n    image: {IMAGE}{LATE}"
        stack.file.write_text(f"{head}  reader:\n    image: {IMAGE}{NEEDS_IT}  late:{rest}")
        stack.compose("up", "--detach", "--wait", "store", "reader")
        stack.fill("papers", **NEW)
        backup(stack.workspace(), Selection(), lambda _: None)
        stack.fill("papers", **OLD)
        interrupted_at(Step.STARTING, monkeypatch)
        with pytest.raises(RestoreFailed, match="interrupted"):
            put_back(stack.workspace(), "papers")
        assert (stack.state("store"), stack.state("reader")) == ("running", "running")
        assert holds(stack, "papers") == OLD
        done = put_back(stack.workspace(), "papers")
        assert set(done.downtime) == {"store", "reader"}
        assert holds(stack, "papers") == NEW


class Visited(Strange):
    """While it is loaded, somebody starts a container on the volume."""

    visitor: tuple[str, ...] = ()

    def check(self, staging: Staging) -> None:
        del staging
        docker(*self.visitor)


@pytest.mark.parametrize("kind", ["a stranger", "compose run"])
def test_who_comes_while_it_is_loaded_stands_in_the_way_of_the_swap(stack: SmallStack, kind: str) -> None:
    name = f"{stack.project}-visitor"
    mount = f"{stack.project}_papers:/x"
    own = (
        "compose",
        "-f",
        str(stack.file),
        "run",
        "--detach",
        "--no-deps",
        "--name",
        name,
        "store",
        "sleep",
        "99",
    )
    other = ("run", "--detach", "--init", "--name", name, "-v", mount, IMAGE, "sleep", "infinity")
    Visited.visitor = own if kind == "compose run" else other
    before = started(stack, "store")
    try:
        with pytest.raises(RestoreRefused, match=f"in use by container '{name}'"):
            put_back(with_type(stack.workspace(), Visited), "papers")
        with pytest.raises(RestoreRefused, match="not a service of this stack"):
            put_back(stack.workspace(), "papers")
    finally:
        docker("rm", "--force", name)
    assert started(stack, "store") == before
    assert holds(stack, "papers") == OLD
    assert not JournalFile(stack.workspace().state).exists


def test_a_roll_back_is_refused_while_a_stranger_uses_the_volume(stack: SmallStack) -> None:
    put_back(stack.workspace(), "papers")
    name = f"{stack.project}-visitor"
    docker(
        "run", "--detach", "--init", "--name", name, "-v", f"{stack.project}_papers:/x", IMAGE, "sleep", "99"
    )
    try:
        with pytest.raises(RestoreRefused, match=name):
            turn_back(stack.workspace(), "papers")
    finally:
        docker("rm", "--force", name)
    assert holds(stack, "papers") == NEW
    turn_back(stack.workspace(), "papers")
    assert holds(stack, "papers") == OLD


def test_after_a_first_try_on_lost_volumes_that_failed_the_second_starts_the_services(
    stack: SmallStack,
) -> None:
    """The first has made containers that never ran, with their volumes."""
    stack.compose("down", "--volumes", "--timeout", "0")
    with pytest.raises(CheckFailed):
        put_back(with_type(stack.workspace(), Refusing))
    assert stack.state("store") == "created"
    done = put_back(stack.workspace())
    assert set(done.started) == {"store", "reader", "late"}
    assert (stack.state("store"), stack.state("reader")) == ("running", "running")
    assert holds(stack, "papers") == NEW


class Refused(Strange):
    """Knows beforehand that it cannot be."""

    def preflight(self, staging: Staging, artifacts: Sequence[StoredArtifact]) -> None:
        raise RestoreRefused(f"{staging.volume.key} cannot be restored, of {len(artifacts)} artifacts")


def test_what_is_refused_beforehand_makes_neither_volumes_nor_containers(stack: SmallStack) -> None:
    stack.compose("down", "--volumes", "--timeout", "0")
    with pytest.raises(RestoreRefused):
        put_back(with_type(stack.workspace(), Refused))
    assert stack.containers() == {}
    assert stack.volumes() == {}


@pytest.fixture
def nameless(tmp_path: Path) -> Iterator[SmallStack]:
    """The store keeps its letters in an anonymous volume. It was backed up, and nothing is left of it."""
    with small_stack(tmp_path) as stack:
        text = stack.file.read_text().replace('"letters:/srv/letters"', "/srv/letters")
        stack.file.write_text(text.replace("\n  letters:\n", "\n"))
        stack.compose("up", "--detach", "store", "reader")
        stack.fill("papers", **NEW)
        stack.fill("letters", first="dear all")
        backup(stack.workspace(), Selection(("papers", "store:/srv/letters")), lambda _: None)
        stack.compose("down", "--volumes", "--timeout", "0")
        docker("volume", "rm", f"{stack.project}_letters")
        yield stack


def test_a_lost_anonymous_volume_is_made_by_compose_and_filled_before_a_service_starts(
    nameless: SmallStack,
) -> None:
    text = nameless.file.read_text()
    at_first = "command: [sh, -c, 'ls /srv/letters >/tmp/seen; exec sleep infinity']"
    nameless.file.write_text(text.replace("command: [sleep, infinity]", at_first, 1))
    done = put_back(nameless.workspace())
    assert [(item.volume.key, item.missing, item.volume.name != "") for item in done.plan.items] == [
        ("papers", True, True),
        ("store:/srv/letters", True, True),
    ]
    assert set(done.started) == {"store", "reader", "late"}
    assert holds(nameless, "letters") == {"first": "dear all"}
    assert nameless.compose("exec", "-T", "store", "cat", "/tmp/seen") == "first"
    nameless.fill("letters", first="changed")
    assert put_back(nameless.workspace(), "store:/srv/letters").kept["store:/srv/letters"] > 0
    turn_back(nameless.workspace(), "store:/srv/letters")
    assert holds(nameless, "letters") == {"first": "changed"}


def test_a_trial_makes_no_anonymous_volume_and_says_that_it_is_lost(nameless: SmallStack) -> None:
    workspace = nameless.workspace()
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.entries()[0], ())
    try_out(workspace, around, plan, lambda _: None)
    assert [(item.volume.key, item.missing) for item in plan.items] == [
        ("papers", True),
        ("store:/srv/letters", True),
    ]
    assert set(plan.starts) == {"store", "reader", "late"}
    assert (nameless.containers(), nameless.volumes()) == ({}, {})


def test_a_type_is_asked_once_of_a_volume_that_gets_its_name_by_the_restore(nameless: SmallStack) -> None:
    """What it tells and notes beforehand counts when the volume is made."""
    done = put_back(with_type(nameless.workspace(), Telling))
    told = {outcome.volume: outcome.warnings for outcome in done.outcomes}
    assert told == dict.fromkeys(("papers", "store:/srv/letters"), ("asked", "noted"))


class Telling(Strange):
    """Tells when it is asked, and whether it still knows of that when it loads."""

    def preflight(self, staging: Staging, artifacts: Sequence[StoredArtifact]) -> None:
        staging.notes["asked"] = len(artifacts)
        staging.warn("asked")

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        staging.warn("noted" if staging.notes["asked"] else "forgotten")
        super().load(staging, artifacts)


def test_an_anonymous_volume_that_the_service_s_container_does_not_have_is_refused(
    nameless: SmallStack,
) -> None:
    text = nameless.file.read_text()
    nameless.file.write_text(text.replace(", /srv/letters]", "]"))
    nameless.compose("up", "--detach", "store")
    nameless.file.write_text(text)
    with pytest.raises(InvalidUse, match="has no name yet"):
        put_back(nameless.workspace())


def test_a_volume_that_the_restore_made_itself_keeps_nothing_and_one_that_was_empty_does(
    stack: SmallStack,
) -> None:
    """Else a later roll-back would put emptiness in the place of what was restored."""
    stack.compose("down", "--timeout", "0")
    docker("volume", "rm", f"{stack.project}_papers")
    docker("run", "--rm", "-v", f"{stack.project}_letters:/x", IMAGE, "rm", "/x/first")
    done = put_back(stack.workspace())
    assert holds(stack, "papers") == NEW
    assert done.kept["papers"] == 0
    workspace = stack.workspace()
    around = look_around(workspace.engine, workspace.stack, "")
    assert [each.volume.key for each in kept(workspace, around, ())] == ["letters"]
    with pytest.raises(NoSuchBackup, match="keeps no earlier data"):
        kept(workspace, around, ["papers"])
    turn_back(workspace)
    assert (holds(stack, "papers"), holds(stack, "letters")) == (NEW, {})


def test_nor_does_it_when_the_restore_is_killed_and_the_next_command_finishes_it(stack: SmallStack) -> None:
    stack.compose("down", "--timeout", "0")
    docker("volume", "rm", f"{stack.project}_papers")
    killed(stack, RESTORING, Step.KEEP.value)
    workspace = stack.workspace()
    assert "finished" in workspace.recovered[0]
    around = look_around(workspace.engine, workspace.stack, "")
    assert [each.volume.key for each in kept(workspace, around, ())] == ["letters"]
    stack.compose("up", "--detach", "store")
    assert holds(stack, "papers") == NEW


def test_a_bind_mount_comes_back_and_turns_back(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        stack.file.write_text(stack.file.read_text().replace('"letters:/srv/letters"', '"./in:/srv/letters"'))
        stack.compose("up", "--detach", "store")
        place = tmp_path / "in"
        (place / "deep").mkdir()
        (place / "deep" / "file").write_text("then")
        backup(stack.workspace(), Selection((str(place),)), lambda _: None)
        (place / "deep" / "file").write_text("now")
        (place / "late").write_text("x")
        put_back(stack.workspace(), str(place))
        assert stack.compose("exec", "-T", "store", "ls", "-A", "/srv/letters").split() == [".volops", "deep"]
        assert (place / "deep" / "file").read_text() == "then"
        turn_back(stack.workspace(), str(place))
        assert (place / "deep" / "file").read_text() == "now"
        assert (place / "late").read_text() == "x"
        assert stack.state("store") == "running"


def project(*services: Service) -> Stack:
    return Stack("app", Path("/app"), (), services, ())


def test_a_container_that_is_gone_is_found_by_its_service_or_told() -> None:
    engine = FakeEngine()
    engine.add_image(IMAGE)
    heir = engine.add_container("app_web", IMAGE, project="app", service="web")
    engine.stop(heir)
    app = project(Service("web", IMAGE), Service("db", IMAGE))
    with pytest.raises(EngineFailed, match="the container of service 'db' is gone"):
        start_all(engine, app, [Stopped("lost", "db"), Stopped("also lost", "web")])
    assert engine.running(heir)
    assert start_all(engine, app, [Stopped("lost", "db")], gone_is_fine=True) == ()


def test_who_uses_the_volumes_since_is_stopped_with_those_that_were_noted() -> None:
    engine = FakeEngine()
    engine.add_image(IMAGE)
    mount = (MountInfo("volume", "app_data", "/data"),)
    engine.add_volume("app_data")
    db = engine.add_container("app_db", IMAGE, mount, project="app", service="db")
    web = engine.add_container("app_web", IMAGE, mount, project="app", service="web")
    app = project(Service("web", IMAGE, depends_on=("db",)), Service("db", IMAGE))
    noted = (Stopped(web, "web"), Stopped("lost", "db"))
    assert {each.container for each in stopping(engine, app, noted, ["app_data"])} == {web, "lost", db}
    assert stopping(engine, app, noted, ["app_data"])[-1].service == "web"
