"""A restored tree is compared member by member: what is no difference passes, what is one is named."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import LiveVolume, docker, opened, surroundings
from volops.engine import Engine
from volops.errors import CheckFailed
from volops.file_tree import PlainFiles
from volops.model import Artifact, Volume
from volops.pipeline import decompress
from volops.staging_area import StagingArea
from volops.tree_comparison import differences
from volops.tree_entries import TreeEntry, tree_entries

OLD, NEW = "debian:bookworm-slim", "debian:trixie-slim"
NewVolume = Callable[[], LiveVolume]
PLACE = "/volume/.volops/incoming/data"
FILL = """
set -e; cd /volume; mkdir -p albums/one empty; printf 'a photo' >albums/one/a; printf b >albums/b
ln albums/b albums/z
ln -s b albums/link; truncate -s 3M hole; printf x >>hole; chmod 0640 albums/b; chown 5:6 albums/one
mkfifo pipe; python3 -c "$1"
find . -exec touch -h -d '2020-02-02 02:02:02.020202020' {} +
"""


ATTRIBUTES = r"""
import os
os.setxattr("albums/one/a", "user.mood", b"good")
entries = (1, 6, -1), (2, 4, 7), (4, 4, -1), (16, 4, -1), (32, 0, -1)
packed = (tag.to_bytes(2, "little") + may.to_bytes(2, "little") + (who % 2**32).to_bytes(4, "little")
          for tag, may, who in entries)
os.setxattr("albums/b", "system.posix_acl_access", (2).to_bytes(4, "little") + b"".join(packed))
"""


class Backup:
    """A volume's archive, made by the tar of one image, and restored by that of another."""

    def __init__(self, engine: Engine, source: LiveVolume, target: LiveVolume, directory: Path) -> None:
        self._engine, self._target, self._packed = engine, target, directory / "packed"
        with opened(surroundings(engine, OLD), Volume(source.name, source.name)) as shown:
            self.digest = shown.pack(self._packed).digest()
            self.facts: dict[str, Any] = {**shown.source.notes, "tree_sha256": self.digest.sha256}

    def artifacts(self) -> Iterator[Artifact]:
        stream = decompress(iter([self._packed.read_bytes()]), "packed")
        yield Artifact("files.tar", "application/x-tar", stream)

    def check(self, damage: str = "", image: str = NEW, **facts: Any) -> list[str]:
        """Restore it, change the new tree by a script, and have it checked; what was warned of."""
        volume, warnings = Volume("papers", self._target.name), list[str]()
        around = surroundings(self._engine, image)
        facts = {**self.facts, **facts}
        with StagingArea(
            around,
            volume,
            PlainFiles(),
            None,
            facts,
            on_warning=warnings.append,
            artifacts=self.artifacts,
        ) as area:
            area.swap().prepare()
            PlainFiles().load(area, self.artifacts())
            self._target.sh(f"cd {PLACE}; {damage}")
            PlainFiles().check(area)
        return warnings


@pytest.fixture
def backup(engine: Engine, new_volume: NewVolume, tmp_path: Path) -> Backup:
    source = new_volume()
    source.sh(FILL, ATTRIBUTES)
    return Backup(engine, source, new_volume(), tmp_path)


def test_another_version_of_tar_writes_another_archive_of_the_same_tree(backup: Backup) -> None:
    assert backup.facts["tar"] != docker("run", "--rm", NEW, "tar", "--version").decode().split()[3]
    assert backup.check(tar="1.35") == []


def test_the_very_same_archive_is_enough(backup: Backup) -> None:
    assert backup.check(image=OLD) == []


def test_without_facts_the_archive_itself_is_what_counts(backup: Backup) -> None:
    backup.facts.clear()
    assert backup.check() == []
    with pytest.raises(CheckFailed, match="albums/b"):
        backup.check("printf c >albums/b")


def test_everything_that_a_file_system_holds_passes(
    engine: Engine, new_volume: NewVolume, tmp_path: Path
) -> None:
    source = new_volume()
    source.fill()
    assert Backup(engine, source, new_volume(), tmp_path).check() == []


def test_attributes_in_another_order_are_no_difference(
    engine: Engine, new_volume: NewVolume, tmp_path: Path
) -> None:
    source = new_volume()
    source.python(Path(__file__).parent / "trees" / "replaced.py")
    assert Backup(engine, source, new_volume(), tmp_path).check(image=OLD) == []


def test_zeros_are_zeros_whether_they_are_stored_or_not(backup: Backup) -> None:
    backup.check("cp --sparse=never --preserve=all hole full; mv full hole; touch -r albums/b hole .")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("printf 'b photo' >albums/one/a; touch -r albums/b albums/one/a", "'albums/one/a': another content"),
        (
            "printf y | dd of=hole bs=1 seek=1000000 conv=notrunc; touch -r albums/b hole",
            "'hole': another co",
        ),
        ('python3 -c \'import os; os.removexattr("albums/one/a", "user.mood")\'', "another user.mood"),
        ('python3 -c \'import os; os.removexattr("albums/b", "system.posix_acl_access")\'', "'albums/b': "),
        ("chmod 0600 empty", "'empty': mode 0600, not 0755"),
        ("chmod 0700 .", "'.': mode 0700, not"),
        ("chown 9 albums/one; touch -r albums/b albums/one", "'albums/one': owner 9:6, not 5:6"),
        ("touch -d @1.5 albums/one/a", "'albums/one/a': another time"),
        ("printf n >new; touch -r albums/b .", "'new': not in the backup"),
        ("rm albums/one/a; touch -r albums/b albums/one", "'albums/one/a': missing"),
        (
            "rm albums/z; cp -p albums/b albums/z; touch -r albums/b albums",
            "'albums/z': a file, not a hard link",
        ),
        ("ln -sfn one albums/link; touch -h -r albums/b albums/link albums", "'albums/link': another target"),
        ("rm pipe; mknod pipe c 1 3; touch -r albums/b pipe .", "'pipe': a device, not a pipe"),
    ],
)
def test_what_is_not_as_it_was_is_named(backup: Backup, damage: str, told: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        backup.check(damage)
    assert told in failed.value.message


def test_the_same_tar_finds_it_too(backup: Backup) -> None:
    with pytest.raises(CheckFailed, match="'albums/b': mode 0600, not 0640"):
        backup.check("chmod 0600 albums/b", image=OLD)


def test_an_archive_that_is_not_the_recorded_one_proves_nothing(backup: Backup) -> None:
    with pytest.raises(CheckFailed, match="not the one whose digest was recorded"):
        backup.check(tree_sha256="0" * 64)


def packed(*argv: str, cwd: Path) -> Callable[[], Iterator[TreeEntry]]:
    done = subprocess.run(["tar", "--create", *argv], cwd=cwd, capture_output=True, check=True)
    return lambda: tree_entries("archive", iter([done.stdout]))


def test_neither_order_nor_format_make_another_tree(tmp_path: Path) -> None:
    """Which name of a file comes first, and so which are its links, depends on the order."""
    for name in ("b", "a", "c", "d"):
        (tmp_path / name).write_text(name)
    (tmp_path / "e").hardlink_to(tmp_path / "b")
    (tmp_path / "0").hardlink_to(tmp_path / "b")
    with (tmp_path / "holes").open("wb") as file:
        for place in range(40):
            file.seek(place << 20)
            file.write(b"island")
    for path in tmp_path.iterdir():
        subprocess.run(["touch", "--date=@1000000000", path], check=True)
    names = sorted(path.name for path in tmp_path.iterdir())
    sorted_, reverse = (
        packed("--format=posix", "-S", *names, cwd=tmp_path),
        packed("--format=gnu", "-S", *reversed(names), cwd=tmp_path),
    )
    plain = packed("--format=gnu", *reversed(names), cwd=tmp_path)
    assert differences(sorted_, reverse) == differences(sorted_, plain) == []
    (tmp_path / "d").write_text("x")
    subprocess.run(["touch", "--date=@1000000000", tmp_path / "d"], check=True)
    changed = packed("--format=gnu", "-S", *reversed(names), cwd=tmp_path)
    assert differences(sorted_, changed) == ["'d': another content"]


def test_a_directory_of_the_archive_can_be_its_root(tmp_path: Path) -> None:
    (tmp_path / "volume" / "deep").mkdir(parents=True)
    (tmp_path / "volume" / "deep" / "a").write_text("a")
    (tmp_path / "volume" / "b").hardlink_to(tmp_path / "volume" / "deep" / "a")
    done = subprocess.run(["tar", "-c", "volume"], cwd=tmp_path, capture_output=True, check=True)
    outer = lambda: tree_entries("outer", iter([done.stdout]), "volume")  # noqa: E731
    assert differences(outer, packed("./", cwd=tmp_path / "volume")) == []
