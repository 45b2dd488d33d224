"""Steps about backups as they lie on disk: names, permissions, files, and what the manifest says."""

from __future__ import annotations

import hashlib
import re

from pytest_bdd import parsers, then, when

from features.world.backup import modes, names_in, newest, only_backup, plain
from features.world.commands import tell
from features.world.project import Project
from features.world.trees import Tree, archived_tree, live_tree
from volops.testing.report.records import Recorder

_STAMP = r"\d{8}_\d{6}"
_SHOWN = 40


@then(parsers.parse('there is one backup, called "{beginning}" and the time'))
def one_backup(beginning: str, project: Project, recorder: Recorder) -> None:
    backup = only_backup(project)
    files = [[path.name, path.stat().st_size] for path in sorted(backup.path.iterdir())]
    recorder.table(backup.name, ["file", "bytes"], files)
    assert re.fullmatch(re.escape(beginning) + _STAMP, backup.name)


@then(parsers.parse('there is a file "{beginning}" and the time, with its manifest beside it'))
def snapshot_and_manifest(beginning: str, project: Project) -> None:
    found = sorted(path.name for path in project.backups.iterdir() if not path.name.startswith("."))
    assert len(found) == 2
    assert re.fullmatch(rf"{beginning}{_STAMP}\.manifest\.json", found[0])
    assert found[1] == found[0].replace(".manifest.json", ".sql")


@then("only its owner can read the backups")
def private(project: Project, recorder: Recorder) -> None:
    found = modes(project.backups)
    recorder.table("permissions", ["path", "mode"], list(found.items()))
    assert set(found.values()) == {"drwx------", "-rw-------"}


@then(parsers.parse('the directory "{path}" is its owner\'s alone'))
def private_directory(path: str, project: Project) -> None:
    assert set(modes(project.directory / path).values()) == {"drwx------", "-rw-------"}


@then(parsers.re(r'"(?P<keys>[^"]*)" (is|are) in the backup as "(?P<kind>[^"]*)"$'))
def saved_as(keys: str, kind: str, project: Project) -> None:
    for key in names_in(keys):
        volume = newest(project).volume(key)
        assert (volume["type"], volume["status"]) == (kind, "done")
        for artifact in volume["artifacts"]:
            assert (newest(project).path / artifact["file"]).stat().st_size == artifact["stored"]["size"]


@then(parsers.re(r'only "(?P<keys>[^"]*)" (is|are) in it$'))
def only_these(keys: str, project: Project) -> None:
    found = [volume["key"] for volume in newest(project).manifest["volumes"]]
    assert sorted(found) == sorted(names_in(keys))


@then(parsers.parse('"{key}" is left out, and the manifest says why'))
def left_out(key: str, project: Project, recorder: Recorder) -> None:
    volume = newest(project).volume(key)
    recorder.text("the manifest's reason", volume["reason"])
    assert (volume["status"], volume["artifacts"]) == ("skipped", [])
    assert volume["reason"]


@then(parsers.parse('"{key}" failed, and the manifest says why'))
def failed(key: str, project: Project, recorder: Recorder) -> None:
    volume = newest(project).volume(key)
    recorder.text("the manifest's reason", volume["reason"])
    assert (volume["status"], volume["artifacts"]) == ("failed", [])
    assert volume["reason"]


@then("no volume is left out")
def nothing_left_out(project: Project) -> None:
    assert {volume["status"] for volume in newest(project).manifest["volumes"]} == {"done"}


@then(parsers.parse('"{key}" is in the backup as a recipe, with the digest of its lock file and "{command}"'))
def recipe(key: str, command: str, project: Project, recorder: Recorder) -> None:
    volume = newest(project).volume(key)
    lock = project.exec("frontend", "cat", "/app/package-lock.json")
    recorder.text("the recipe", str(volume["facts"]))
    assert (volume["status"], volume["artifacts"]) == ("recipe", [])
    assert hashlib.sha256(lock).hexdigest() in str(volume["facts"])
    assert command in str(volume["facts"])


@then(parsers.parse('the anonymous volume of "{service}" is in the backup'))
def anonymous(service: str, project: Project) -> None:
    volumes = newest(project).manifest["volumes"]
    (found,) = [
        volume for volume in volumes if volume["kind"] == "anonymous" and volume["services"] == [service]
    ]
    assert found["status"] == "done"
    assert found["name"] in project.container(service).sources


@then(parsers.parse('the backup has no file of "{key}"'))
def no_file_of(key: str, project: Project) -> None:
    backup = newest(project)
    named = [one["file"] for volume in backup.manifest["volumes"] for one in volume["artifacts"]]
    named += [one["file"] for one in backup.manifest["artifacts"]]
    assert backup.volume(key)["artifacts"] == []
    assert {path.name for path in backup.path.iterdir()} == {*named, "manifest.json"}


@when(parsers.parse('the archives of "{keys}" are unpacked with tar'), target_fixture="unpacked")
def unpack(keys: str, project: Project) -> dict[str, Tree]:
    archives = {key: newest(project).files(key, ".tar")[0] for key in names_in(keys)}
    return {key: archived_tree(plain(archive)) for key, archive in archives.items()}


@then("every file is there, byte for byte, with its owner, mode and time")
def same_trees(unpacked: dict[str, Tree], project: Project, recorder: Recorder) -> None:
    for key, saved in unpacked.items():
        live = live_tree(project, key)
        titles = ["entry", "kind, mode, owner, time", "sha256"]
        recorder.table(f"{key}: {len(live.entries)} entries", titles, live.rows()[:_SHOWN])
        assert len(live.digests) > 10
        assert saved == live


@then(parsers.parse('the archive of "{key}", unpacked by GNU tar, gives the same tree'))
def same_tree(key: str, project: Project, recorder: Recorder) -> None:
    (archive,) = newest(project).files(key, ".tar")
    live = live_tree(project, key)
    recorder.table("the volume", ["entry", "kind, mode, owner, time", "sha256"], live.rows())
    recorder.text("extended attributes", live.attributes)
    recorder.text("access lists", live.access)
    assert archived_tree(plain(archive)) == live


@then(parsers.re(r'the archives? of "(?P<keys>[^"]*)" (is|are) read to (its|their) end by tar$'))
def readable(keys: str, project: Project, recorder: Recorder) -> None:
    for key in names_in(keys):
        (archive,) = newest(project).files(key, ".tar")
        names = (
            tell("tar", "--list", "--file", "-", data=plain(archive)).decode("utf-8", "replace").splitlines()
        )
        recorder.text(f"{key}: {len(names)} entries", "\n".join(names[:_SHOWN]))
        assert names[0] == "./"


@then(parsers.parse('the archive holds the file "{name}"'))
def holds_file(name: str, project: Project) -> None:
    (volume,) = newest(project).manifest["volumes"]
    (archive,) = newest(project).files(volume["key"], ".tar")
    original = next(path for path in project.directory.rglob("*") if path.name == name)
    held = tell("tar", "--extract", "--to-stdout", f"./{name}", data=plain(archive))
    assert held == original.read_bytes() != b""


@then("the archive holds the application's log")
def holds_log(project: Project) -> None:
    (volume,) = newest(project).manifest["volumes"]
    (archive,) = newest(project).files(volume["key"], ".tar")
    held = tell("tar", "--extract", "--to-stdout", "./django.log", data=plain(archive))
    assert volume["kind"] == "bind"
    assert project.exec("backend", "cat", "/app/logs/django.log").startswith(held)


@then("the backup holds the compose file as it was")
def compose_file(project: Project) -> None:
    backup = newest(project)
    (record,) = backup.manifest["artifacts"]
    archive = plain(backup.path / record["file"])
    held = tell("tar", "--extract", "--to-stdout", "docker-compose.yml", data=archive)
    original = (project.directory / "docker-compose.yml").read_bytes()
    assert held == original
    assert backup.manifest["stack"]["files"][0]["sha256"] == hashlib.sha256(original).hexdigest()


@then(parsers.parse('the manifest names the distribution "{distribution}" for "{key}"'))
def distribution_named(distribution: str, key: str, project: Project) -> None:
    assert newest(project).volume(key)["plugin"]["distribution"] == distribution
