"""An emptied volume is as a new one: it has what its image has there, if the engine would put that there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.live import docker
from tests.operations.small_stack import SmallStack, small_stack
from tests.operations.test_clean_volumes import IMAGE, cleaned, everything, planned
from volops.docker import DockerEngine
from volops.engine import HelperSpec
from volops.errors import CleanFailed, EngineFailed, InvalidUse


def listing(stack: SmallStack, volume: str) -> str:
    """Names, modes, owners and contents. The engine's archive has no parts of seconds."""
    script = "cd /v && find . -printf '%p %m %u %g %y\n' | sort; cat $(find . -type f | sort) </dev/null"
    mount = f"{stack.project}_{volume}:/v:ro"
    return docker("run", "--rm", "--network=none", "-v", mount, IMAGE, "sh", "-c", script).decode()


def test_a_mount_that_copies_nothing_gets_nothing(tmp_path: Path) -> None:
    mount = "{type: volume, source: letters, target: /etc/skel, volume: {nocopy: true}}"
    with small_stack(tmp_path) as stack:
        stack.file.write_text(stack.file.read_text().replace('"letters:/srv/letters"', mount))
        stack.compose("up", "--detach", "store")
        stack.compose("exec", "-T", "store", "sh", "-c", "ls -A /etc/skel | wc -l; echo >/etc/skel/mine")
        cleaned(stack.workspace(), "letters")
        assert stack.compose("exec", "-T", "store", "ls", "-A", "/etc/skel") == ""


def test_an_image_without_a_shell_fills_it_too(tmp_path: Path, image: Callable[[str], str]) -> None:
    with small_stack(tmp_path) as stack:
        late = f"  late:\n    image: {image('bare-with-files')}\n    command: [nothing]"
        stack.file.write_text(stack.file.read_text().replace(f"  late:\n    image: {IMAGE}", late))
        stack.compose("up", "--no-start", "late")
        first = listing(stack, "later")
        assert ".profile" in first
        docker(
            "run", "--rm", "-v", f"{stack.project}_later:/v", IMAGE, "sh", "-c", "rm /v/.p*; echo >/v/more"
        )
        cleaned(stack.workspace(), "later")
        assert listing(stack, "later") == first


def test_an_image_without_a_shell_and_without_the_place_has_nothing_there(
    tmp_path: Path, image: Callable[[str], str]
) -> None:
    with small_stack(tmp_path) as stack:
        late = f"  late:\n    image: {image('bare')}\n    command: [nothing]"
        stack.file.write_text(stack.file.read_text().replace(f"  late:\n    image: {IMAGE}", late))
        stack.compose("up", "--no-start", "late")
        docker("run", "--rm", "-v", f"{stack.project}_later:/v", IMAGE, "sh", "-c", "echo >/v/more")
        cleaned(stack.workspace(), "later")
        assert everything(stack, "later").count("\n") == 1


class Unwilling(DockerEngine):
    """Starts no helper that fills a volume, and reads no files of a container."""

    def __init__(self, engine: DockerEngine) -> None:
        self.__dict__.update(engine.__dict__)

    def start_helper(self, spec: HelperSpec) -> str:
        if any(target == "/volops-new" for _, target, _ in spec.binds):
            raise EngineFailed("the engine failed starting a helper container: no space left on device")
        return super().start_helper(spec)

    def get_archive(self, container: str, path: str) -> Iterator[bytes]:
        raise EngineFailed(f"the engine failed reading {path} of {container}: no space left on device")


def test_where_the_image_cannot_be_looked_into_nothing_is_cleaned(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        stack.fill("papers", deed="now")
        workspace = stack.workspace()
        assert isinstance(workspace.engine, DockerEngine)
        before = everything(stack, "papers")
        with pytest.raises(CleanFailed, match=r"the data is as it was: .*no space left on device"):
            cleaned(replace(workspace, engine=Unwilling(workspace.engine)), "papers")
        assert everything(stack, "papers") == before
        assert (stack.state("store"), stack.state("reader")) == ("running", "running")


def test_a_volume_that_compose_made_for_another_project_is_not_emptied_even_when_named(
    tmp_path: Path,
) -> None:
    """Whose containers are all gone now, so that nothing else tells."""
    name = f"{tmp_path.name}-their"
    with small_stack(tmp_path) as stack:
        docker("volume", "create", "--label=com.docker.compose.project=theirs", name)
        docker("run", "--rm", "-v", f"{name}:/v", IMAGE, "sh", "-c", "echo theirs >/v/deed")
        stack.file.write_text(stack.file.read_text().replace("  later:\n", f"  later: {{name: {name}}}\n"))
        try:
            with pytest.raises(InvalidUse, match="'later' belongs to project 'theirs': nothing was removed"):
                planned(stack.workspace(), "later")
            assert docker("run", "--rm", "-v", f"{name}:/v", IMAGE, "cat", "/v/deed") == b"theirs\n"
        finally:
            docker("volume", "rm", "--force", name)
