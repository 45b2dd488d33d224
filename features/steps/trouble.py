"""Steps of the troubleshooting: how each symptom comes to be, and how one sees that it is gone."""

from __future__ import annotations

import subprocess
import tarfile

from pytest_bdd import given, parsers, then, when

from features.steps.stack import Enter, Stacks
from features.world.backup import files_of
from features.world.commands import Run
from features.world.engine import docker, volumes
from features.world.private_mounts import frozen
from features.world.project import Project
from features.world.stacks import SAMPLE

_SHELL_IMAGE = "volops-sample-redis:1"
_SMALL_VOLUME = """
volumes:
  {key}:
    driver_opts: {{type: tmpfs, device: tmpfs, o: "size={mebibytes}m,mode=0755"}}
"""
_PROBE = "touch {0}/probe && echo something >{0}/probe && rm {0}/probe"


@given(
    parsers.parse('a fresh sample stack, with room for {mebibytes:d} MiB in "{key}"'),
    target_fixture="project",
)
def small_volume(mebibytes: int, key: str, own_stack: Stacks, enter: Enter) -> Project:
    stack = own_stack(SAMPLE)
    override = stack.project.directory / "docker-compose.override.yml"
    override.write_text(_SMALL_VOLUME.format(key=key, mebibytes=mebibytes))
    stack.ensure()
    return enter(stack)


@when("the logs of nginx fill the volume")
def fill_logs(project: Project) -> None:
    fill = "yes 'GET / 200' >>/var/log/nginx/access.log || true"
    project.exec("proxy", "sh", "-c", fill)


@then(parsers.parse('nothing can be written to "{place}" of "{service}": "{message}"'))
def not_writable(place: str, service: str, message: str, project: Project) -> None:
    said = _probed(place, service, project)
    assert said.returncode != 0
    assert message in said.stderr


@then(parsers.parse('something can be written to "{place}" of "{service}" again'))
def writable(place: str, service: str, project: Project) -> None:
    said = _probed(place, service, project)
    assert said.returncode == 0, said.stderr


def _probed(place: str, service: str, project: Project) -> subprocess.CompletedProcess[str]:
    argv = ["docker", "exec", project.container(service).id, "sh", "-c", _PROBE.format(place)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@then(parsers.parse('the newest backup is an archive with "{beginning}" in it'))
def newest_archive(beginning: str, project: Project) -> None:
    newest = files_of(project)[-1]
    with tarfile.open(newest) as archive:
        assert any(name.startswith(beginning) for name in archive.getnames())


@then(parsers.parse("the application remembers {count:d} entries"))
def remembers(count: int, project: Project) -> None:
    assert project.exec("web", "cat", "/tmp/remembered").decode() == str(count)


@when(parsers.parse('I remove the volume "{key}"'), target_fixture="run")
def try_to_remove(key: str, project: Project) -> Run:
    return project.run(f"docker volume rm {project.volume(key)}")


@then(parsers.parse('the volume "{key}" is gone'))
def volume_gone(key: str, project: Project) -> None:
    assert project.volume(key) not in volumes()


@given("nothing can be made in the project's directory")
def frozen_directory(project: Project) -> None:
    """For the commands that the scenario runs; who follows the document may."""
    project.around = frozen(project.directory)


@when(parsers.parse('the cluster in "{key}" is damaged'))
def damage_cluster(key: str, project: Project) -> None:
    """The log of what was changed last is gone: PostgreSQL will not start without."""
    docker("stop", "--time", "20", project.container("db").id)
    mounted = f"type=volume,source={project.volume(key)},target=/cluster"
    argv = ("run", "--rm", "--network", "none", "--mount", mounted, _SHELL_IMAGE)
    docker(*argv, "find", "/cluster/pg_wal", "-type", "f", "-delete")
