"""Processes that end without being asked."""

from __future__ import annotations

from features.world.engine import docker
from features.world.project import Project
from features.world.waiting import wait_for

_IMAGE = "volops-sample-redis:1"


def kill_everything(project: Project) -> None:
    """Send SIGKILL to the first process of every container, with which all others die, and wait until the
    services, which nobody stopped, are back by themselves."""
    before = project.containers
    processes = [str(one.inspected["State"]["Pid"]) for one in before]
    started = {one.started for one in before}
    killer = ("run", "--rm", "--privileged", "--pid", "host", "--network", "none", _IMAGE)
    docker(*killer, "bash", "-c", 'kill -9 "$@"', "bash", *processes)
    wait_for(lambda: all_anew(project, started), "the services to be back by themselves", every=0.2)


def all_anew(project: Project, started: set[str]) -> bool:
    """Whether every container is well, and began to run at another time than those."""
    now = project.containers
    states = {(one.state, one.health) for one in now}
    return states == {("running", "healthy")} and not any(one.started in started for one in now)
