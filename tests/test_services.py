"""Which services can be well, by their dependencies and by what runs."""

from __future__ import annotations

from pathlib import Path

from volops.engine import ContainerInfo
from volops.model import Service, Stack
from volops.services import lacking


def stack(*services: Service) -> Stack:
    return Stack("app", Path("/app"), (), services, ())


def container(service: str, state: str) -> ContainerInfo:
    return ContainerInfo(f"id-{service}", service, service, "app", "image", "sha256:0", state)


def test_without_what_it_needs_a_service_cannot_be_well_nor_can_one_that_needs_it() -> None:
    app = stack(
        Service("proxy", "", depends_on=("web",)), Service("web", "", depends_on=("db",)), Service("db", "")
    )
    running = [container("proxy", "running"), container("web", "running")]
    assert lacking(app, [*running, container("db", "exited")]) == {"web": ("db",), "proxy": ("db",)}
    assert lacking(app, [*running, container("db", "running")]) == {}
    assert lacking(app, [*running, container("db", "restarting")]) == {}


def test_a_job_that_has_ended_is_not_missed() -> None:
    app = stack(Service("web", "", depends_on=("migrate",), jobs=("migrate",)), Service("migrate", ""))
    assert lacking(app, [container("web", "running"), container("migrate", "exited")]) == {}


def test_what_was_never_made_is_not_missed() -> None:
    app = stack(Service("web", "", depends_on=("mail",)), Service("mail", "", active=False))
    assert lacking(app, [container("web", "running")]) == {}


def test_services_come_after_those_that_they_depend_on() -> None:
    app = stack(
        Service("proxy", "", depends_on=("web",)), Service("web", "", depends_on=("db",)), Service("db", "")
    )
    assert app.dependencies_first() == ("db", "web", "proxy")
