"""Removing containers, networks and volumes of a project. What cannot be removed is told, never counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from volops.engine import LABEL_HELPER, ContainerInfo, Engine, NetworkInfo
from volops.errors import EXIT_DONE, EXIT_FAILED, EngineFailed
from volops.events import RunFinished, RunStarted
from volops.journal import JournalFile
from volops.model import Stack
from volops.operations.audit import Deed, audited
from volops.operations.clean_project import Doomed, ProjectPlan, own_containers
from volops.operations.clean_refusals import require_no_strangers
from volops.operations.clean_unnamed import forget, remember, unnamed
from volops.operations.volume_dump import Emit
from volops.services import ACTIVE
from volops.workspace import Workspace

_AT_ONCE = 8


@dataclass
class Removed:
    """What is gone: names of containers, networks and volumes, and the bytes of these. `failed` says of each
    thing that is still there why."""

    containers: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    volumes: list[Doomed] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def freed(self) -> int:
        """Bytes of the volumes that are gone, as far as is known."""
        return sum(volume.size or 0 for volume in self.volumes)


def remove(workspace: Workspace, plan: ProjectPlan, emit: Emit, *, command: str) -> Removed:
    """Carry out a plan, and note it in the audit log: containers are stopped as their services want it,
    those that depend on others first; then all goes that the plan names, and containers made since.

    Data of volumes that are not in the plan stays, that of unnamed ones too. Raises VolumeInUse when somebody
    else uses one of the plan's volumes by now, before anything is touched; Locked.
    """
    engine, project = workspace.engine, workspace.stack.project
    done = Removed()
    journals = JournalFile(workspace.state)
    with (
        workspace.catalog.lock(f"volops {command}"),
        journals.held(f"volops {command}"),
        audited(workspace, command, [volume.key for volume in plan.volumes]) as deed,
    ):
        require_no_strangers(engine, project, [volume.name for volume in plan.volumes])
        containers = own_containers(engine, project)
        emit(RunStarted(command, project, tuple(volume.key for volume in plan.volumes)))
        if found := unnamed(engine, containers):
            remember(workspace.state, project, found)
        _remove_containers(engine, workspace.stack, containers, done, deed)
        _remove_networks(engine, project, plan.networks, done, deed)
        _remove_volumes(engine, plan.volumes, done, deed)
        deed.failed += [f"{name}: {why}" for name, why in done.failed.items()]
        gone = {volume.name for volume in done.volumes}
        forget(workspace.state, project, gone)
        _forget_journal(journals, gone)
    emit(RunFinished(command, project, (), EXIT_FAILED if done.failed else EXIT_DONE))
    return done


def _remove_containers(
    engine: Engine, stack: Stack, containers: Collection[ContainerInfo], done: Removed, deed: Deed
) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for rank in _dependents_first(stack, [each for each in containers if each.state in ACTIVE]):
            list(pool.map(lambda each: _stop(engine, each), rank))
    for container in containers:
        try:
            engine.remove_container(container.id, keep_volumes=True)
        except EngineFailed as error:
            done.failed[f"container {container.name}"] = error.message
        else:
            done.containers.append(container.name)
            deed.touched.append(f"container {container.name}")


def _stop(engine: Engine, container: ContainerInfo) -> None:
    try:
        engine.stop(container.id)
    except EngineFailed:
        # It is removed all the same, by force; what keeps it from that will be told.
        return


def _dependents_first(stack: Stack, containers: Collection[ContainerInfo]) -> Iterable[list[ContainerInfo]]:
    """Containers that may stop at the same time, those that nothing depends on first."""
    depth: dict[str, int] = {}
    for name in stack.dependencies_first():
        service = stack.service(name)
        needed = service.depends_on if service else ()
        depth[name] = 1 + max((depth.get(each, 0) for each in needed), default=0)
    last = max(depth.values(), default=0) + 1
    for rank in range(last, 0, -1):
        yield [each for each in containers if depth.get(each.service, last) == rank]


def _remove_networks(
    engine: Engine, project: str, networks: Collection[NetworkInfo], done: Removed, deed: Deed
) -> None:
    for network in networks:
        try:
            engine.remove_network(network.id)
        except EngineFailed as error:
            now = [each for each in engine.networks(project) if each.id == network.id]
            attached = now[0].attached if now else ()
            ways = "; ".join(f"`docker network disconnect {network.name} {each}`" for each in attached)
            told = f"{', '.join(attached)} of another project is on it: {ways}" if ways else error.message
            done.failed[f"network {network.name}"] = told
        else:
            done.networks.append(network.name)
            deed.touched.append(f"network {network.name}")


def _remove_volumes(engine: Engine, volumes: Collection[Doomed], done: Removed, deed: Deed) -> None:
    for volume in volumes:
        try:
            _remove_dead_helpers(engine, volume.name)
            engine.remove_volume(volume.name)
        except EngineFailed as error:
            done.failed[f"volume {volume.name}"] = error.message
        else:
            done.volumes.append(volume)
            deed.touched.append(f"volume {volume.name}")
            deed.freed += volume.size or 0


def _remove_dead_helpers(engine: Engine, volume: str) -> None:
    """What a run left that was killed between making its helper and starting it."""
    for container in engine.containers_using(volume):
        if LABEL_HELPER in container.labels and not container.running:
            engine.remove_container(container.id)


def _forget_journal(journals: JournalFile, gone: Collection[str]) -> None:
    """A restore that could not be brought to its end yet has nothing to work on once its volumes are gone."""
    if journals.exists and gone and {touched.name for touched in journals.read().volumes} <= set(gone):
        journals.remove()
