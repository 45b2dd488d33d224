"""A restore that cannot fit is refused; one that fills the disk all the same changes nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.disks import small_disk
from tests.operations.small_stack import SmallStack
from volops.errors import DiskFull, RestoreRefused
from volops.operations import room
from volops.operations.backup import Selection, backup
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.source import look_around

DISK_MIB = 64


@contextmanager
def on_small_disk(tmp_path: Path, *options: str) -> Iterator[SmallStack]:
    """A stack whose volume `papers` lies on a small file system of its own, `letters` beside it."""
    at = tmp_path / "disk"
    with small_disk(at, DISK_MIB):
        for option in options:
            subprocess.run(["mount", "-o", f"remount,{option}", str(at)], check=True)
        stack = SmallStack(tmp_path)
        text = stack.file.read_text()
        for key in ("papers", "letters"):
            (at / key).mkdir()
            where = f"{{driver_opts: {{type: none, o: bind, device: {at / key}}}}}"
            text = text.replace(f"\n  {key}:\n", f"\n  {key}: {where}\n")
        stack.file.write_text(text)
        try:
            stack.compose("up", "--detach", "store", "reader")
            yield stack
        finally:
            stack.compose("down", "--volumes", "--timeout", "0")


def fill(stack: SmallStack, volume: str, mebibytes: int) -> None:
    script = f"head -c {mebibytes}M /dev/urandom >/srv/{volume}/large"
    stack.compose("exec", "-T", "store", "sh", "-c", script)


def put_back(stack: SmallStack, *names: str) -> None:
    workspace = stack.workspace()
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.find("latest"), names)
    restore(workspace, around, plan, lambda _: None, patience=60)


def digests(stack: SmallStack) -> str:
    script = "cd /srv; find papers letters -type f -exec sha256sum {} + | sort"
    return stack.compose("exec", "-T", "store", "sh", "-c", script)


def test_volumes_on_one_file_system_share_its_room(tmp_path: Path) -> None:
    with on_small_disk(tmp_path) as stack:
        fill(stack, "papers", 12)
        fill(stack, "letters", 12)
        backup(stack.workspace(), Selection(), lambda _: None)
        before, containers = digests(stack), stack.containers()
        with pytest.raises(RestoreRefused, match=r"papers.*about 61 MB.*has 42 MB") as refused:
            put_back(stack)
        assert refused.value.exit_code == 20
        assert "fewer volumes" in refused.value.next_step
        assert (digests(stack), stack.containers()) == (before, containers)
        put_back(stack, "papers")
        with pytest.raises(RestoreRefused) as refused:
            put_back(stack, "papers", "letters")
        assert "`volops commit` frees 13 MB" in refused.value.next_step


def test_files_count_too(tmp_path: Path) -> None:
    with on_small_disk(tmp_path, "nr_inodes=700") as stack:
        script = "cd /srv/papers; for n in $(seq 400); do : >$n; done"
        stack.compose("exec", "-T", "store", "sh", "-c", script)
        backup(stack.workspace(), Selection(), lambda _: None)
        with pytest.raises(RestoreRefused, match=r"about 501 files.* has room for 2"):
            put_back(stack, "papers")


def test_a_disk_that_fills_all_the_same_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when somebody else fills it meanwhile: the question beforehand found room enough."""
    with on_small_disk(tmp_path) as stack:
        fill(stack, "papers", 30)
        backup(stack.workspace(), Selection(), lambda _: None)
        stack.compose("exec", "-T", "store", "sh", "-c", "cd /srv/papers; rm large; echo now >deed")
        fill(stack, "letters", 40)
        before, containers = digests(stack), stack.containers()
        monkeypatch.setattr(room, "_MARGIN", 0)
        with pytest.raises(DiskFull, match="file system of volume 'papers' became full"):
            put_back(stack, "papers")
        assert (digests(stack), stack.containers()) == (before, containers)
        assert stack.left_behind() == []
        assert [path.name for path in (tmp_path / "disk" / "papers").iterdir()] == ["deed"]
