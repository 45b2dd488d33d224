"""Archives made before there was volops: what the shell script did, by its own commands, and back again."""

from __future__ import annotations

import gzip
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bundle.sample import archive as tar_of
from tests.bundle.sample import handmade, member
from tests.cli.program import run
from tests.cli.test_json import compare, documented
from tests.operations.old_stack import COMPOSE, LOOK, SECOND_MEDIA, Old, old_stack
from volops.errors import CheckFailed, InvalidUse, RestoreRefused


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    with old_stack(tmp_path_factory.mktemp("old")) as stack:
        yield stack


@pytest.fixture
def old(made: Old) -> Old:
    """The stack, changed since."""
    made.write(f"name: {made.name}\n{COMPOSE}")
    made.warnings.clear()
    return made


def parts(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {info.name: file.read() for info in tar if (file := tar.extractfile(info))}


def repacked(old: Old, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with its parts changed."""
    found = parts(old.archive)
    change(found)
    target = old.directory / "changed.tar.gz"
    return handmade(target, *(member(name, data) for name, data in found.items()))


def media(found: dict[str, bytes]) -> str:
    return next(name for name in found if name.startswith("media"))


def test_all_of_it_comes_back_and_can_be_undone(old: Old) -> None:
    spoilt = old.spoil()
    done = old.restore_archive()
    assert old.sh("web", LOOK) + old.orders == old.before
    assert done.database is not None
    assert done.database.plan.target.exchange.live == "shop"
    for key in ("media", "static"):
        assert any(told.startswith(f"{key}: the archive has no manifest") for told in old.warnings)
    assert old.clean()
    old.put_back()
    assert old.sh("web", LOOK) == spoilt


def test_the_command_shows_it_asks_and_tells(old: Old) -> None:
    old.spoil()
    project = ("--project-name", old.name)
    shown = run(*project, "restore", old.archive.name, "--dry-run", cwd=old.directory)
    assert (shown.code, shown.err) == (0, "")
    assert "restores  database shop of db" in shown.out
    assert "restores  media: media" in shown.out
    done = run(*project, "restore", old.archive.name, "--yes", "--json", cwd=old.directory)
    assert done.code == 0
    assert done.err.count("the archive has no manifest") == 2
    compare(json.loads(done.out), documented()["`volops restore` of an old archive"])
    assert old.sh("web", LOOK) + old.orders == old.before


def test_only_what_is_named(old: Old) -> None:
    old.spoil()
    orders = old.orders
    done = old.restore_archive(None, "media")
    assert done.database is None
    assert old.sh("web", "cat /app/staticfiles/site.css") == "x"
    assert old.sh("web", "ls /app/media").split() == ["2024", "again.jpg", "newest.jpg"]
    assert old.orders == orders
    old.restore_archive(None, "db")
    assert old.orders == old.before[-len(old.orders) :]
    assert old.sh("web", "cat /app/staticfiles/site.css") == "x"


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(found: dict[str, bytes]) -> None:
        del found[next(each for each in found if each.startswith(name))]

    return change


def cut(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(found: dict[str, bytes]) -> None:
        key = next(each for each in found if each.startswith(name))
        found[key] = found[key][: len(found[key]) // 2]

    return change


def cut_tree(found: dict[str, bytes]) -> None:
    """The gzip is whole, and the tar in it is not."""
    found[media(found)] = gzip.compress(gzip.decompress(found[media(found)])[:-20_480].rstrip(b"\0"))


def with_stranger(found: dict[str, bytes]) -> None:
    found["run-me.sh"] = b"#!/bin/sh\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without("db"), "it has no db_backup_….sql"),
        (without("media"), "it has no media_backup_….tar.gz"),
        (without("static"), "it has no static_backup_….tar.gz"),
        (cut("db"), "db_backup_20241025_143022.sql"),
        (cut("media"), "media_backup_20241025_143022.tar.gz is cut off"),
        (cut("static"), "static_backup_20241025_143022.tar.gz is cut off"),
        (cut_tree, "media_backup_20241025_143022.tar.gz is no whole tar archive"),
        (with_stranger, "'run-me.sh' is in it"),
    ],
    ids=["no dump", "no media", "no static", "cut dump", "cut media", "cut static", "cut tree", "stranger"],
)
def test_what_is_not_whole_is_refused_before_anything_is_touched(
    old: Old, change: Callable[[dict[str, bytes]], None], told: str
) -> None:
    before = old.spoil() + old.orders
    with pytest.raises(RestoreRefused, match=told.replace(".", r"\.")):
        old.restore_archive(repacked(old, change))
    assert old.sh("web", LOOK) + old.orders == before
    assert old.ask("SELECT count(*) FROM pg_database WHERE datname ~ 'shop.*incoming'") == "0"
    assert old.clean()


def test_one_that_is_cut_off_is_refused(old: Old) -> None:
    before = old.spoil() + old.orders
    target = old.directory / "cut.tar.gz"
    target.write_bytes(old.archive.read_bytes()[:-5000])
    with pytest.raises(RestoreRefused, match=r"cut\.tar\.gz is cut off"):
        old.restore_archive(target)
    assert old.sh("web", LOOK) + old.orders == before


def test_a_hostile_tree_is_refused_before_anything_is_touched(old: Old) -> None:
    def change(found: dict[str, bytes]) -> None:
        found[media(found)] = gzip.compress(
            tar_of(member("./", kind=tarfile.DIRTYPE), member("../escaped", b"x"))
        )

    before, databases = old.spoil() + old.orders, old.databases
    with pytest.raises(RestoreRefused, match=r"'\.\./escaped' has"):
        old.restore_archive(repacked(old, change))
    assert old.sh("web", LOOK) + old.orders == before
    assert old.databases == databases
    assert old.clean()


def test_when_the_files_fail_the_database_from_before_comes_back(old: Old) -> None:
    before = old.spoil() + old.orders
    old.refuse_trees = True
    with pytest.raises(CheckFailed, match="is not what it was"):
        old.restore_archive()
    assert old.sh("web", LOOK) + old.orders == before
    assert old.clean()


def test_one_without_the_directory_itself_says_so(old: Old) -> None:
    """Made by `cd …; tar czf … *`."""

    def change(found: dict[str, bytes]) -> None:
        packed = old.directory / "without.tar.gz"
        script = 'docker compose exec -T web sh -c "cd /app/media && tar czf - *" >"$1"'
        subprocess.run(["sh", "-c", script, "sh", str(packed)], cwd=old.directory, check=True)
        found[media(found)] = packed.read_bytes()

    below = "cd /app/media; find * -printf '%p %y %m %U %l\\n' | sort; stat -c '%u' ."
    old.restore_archive(None, "media")
    before, file = old.sh("web", below).splitlines(), repacked(old, change)
    old.spoil()
    old.restore_archive(file, "media")
    assert old.sh("web", below).splitlines() == [*before[:-1], "0"]
    assert any("does not hold the volume's own directory" in told for told in old.warnings)


def test_what_cannot_be_chosen_from_it_is_said(old: Old) -> None:
    before = old.spoil() + old.orders
    restore = ("--project-name", old.name, "restore", old.archive.name)
    one = run(*restore, "media", "--path", "2024", "--yes", cwd=old.directory)
    assert (one.code, old.sh("web", LOOK) + old.orders) == (2, before)
    assert "single paths cannot be chosen from it" in one.error_line


def test_the_dump_alone_under_another_name(old: Old) -> None:
    before = old.spoil() + old.orders
    restore = ("--project-name", old.name, "restore", old.archive.name)
    assert run(*restore, "--database", "copy", "--yes", cwd=old.directory).code == 0
    assert old.sh("web", LOOK) + old.orders == before
    assert old.ask("SELECT count(*) FROM orders", "copy") == "500"
    table = run(*restore, "--table", "orders", cwd=old.directory)
    assert table.code == 10
    assert "with --database" in table.error_line


def test_where_it_could_go_into_several_volumes_somebody_must_say(old: Old) -> None:
    old.write(f"name: {old.name}\n{SECOND_MEDIA}")
    old.up()
    with pytest.raises(InvalidUse, match="could be of any of these volumes: media, more") as asked:
        old.restore_archive()
    assert "name the one" in asked.value.next_step
    old.restore_archive(None, "more")
    assert "again.jpg" in old.sh("web", "ls /app/uploads")


def test_a_bundle_that_was_packed_anew_says_how_to_restore_it(old: Old) -> None:
    def change(found: dict[str, bytes]) -> None:
        found["manifest.json"] = b"{}"

    with pytest.raises(RestoreRefused, match="packed anew") as refused:
        old.restore_archive(repacked(old, change))
    assert "unpack it into an empty directory" in refused.value.next_step
