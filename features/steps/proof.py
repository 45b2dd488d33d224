"""Steps about proving a backup, copies of a project, and single files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from pytest_bdd import given, parsers, then, when

from features.world import engine, postgres
from features.world.backup import Backup, plain
from features.world.commands import Run, tell
from features.world.engine import docker
from features.world.project import Project
from features.world.waiting import wait_for
from volops.testing.report.records import Recorder

Files = dict[str, str]
_RECEIPTS = """
cd /app/media; mkdir 2024 2025
for n in 1 2 3; do echo "receipt $n of 2024" >2024/$n.txt; echo "receipt $n of 2025" >2025/$n.txt; done
chown -R 33:33 2024; chmod 0640 2024/*
"""
_CHANGES = (
    "cd /app/media; rm 2024/2.txt; echo new >2024/9.txt; echo changed >2025/1.txt; echo new >2025/9.txt"
)
_PRUNED = "-path ./.volops -prune -o"
_LIST = f"cd /app/media; find . {_PRUNED} -type f -exec sh -c 'stat -c \"%a %u %g %n\" $0; cat $0' {{}} \\;"


def _receipts(container: str) -> Files:
    """Each receipt with its mode, owner and content, by its path."""
    lines = docker("exec", container, "sh", "-c", _LIST).decode().splitlines()
    described = zip(lines[::2], lines[1::2], strict=True)
    return {line.split(" ", 3)[3].removeprefix("./"): f"{line} {text}" for line, text in described}


@given("receipts of 2024 and 2025", target_fixture="receipts")
def receipts(project: Project) -> Files:
    project.exec("web", "sh", "-euc", _RECEIPTS)
    return _receipts(project.container("web").id)


@given(parsers.parse('{size:d} MB more in its volume "receipts"'))
def more_receipts(size: int, project: Project) -> Iterator[None]:
    """Of what cannot be packed; gone again for the next who use the stack."""
    project.exec("web", "sh", "-euc", f"head -c {size}000000 /dev/urandom >/app/media/scan")
    yield
    project.exec("web", "rm", "/app/media/scan")


@given("a receipt of 2024 is lost, one of 2025 is changed, and there are new ones", target_fixture="now")
def changed(project: Project) -> Files:
    project.exec("web", "sh", "-euc", _CHANGES)
    return _receipts(project.container("web").id)


@given("a row taken out of its dump, the digests and the seal made to fit")
def tampered(backup: Backup) -> None:
    path = backup.path / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    (record,) = [
        artifact
        for volume in manifest["volumes"]
        for artifact in volume["artifacts"]
        if re.fullmatch(r"db_backup_\d{8}_\d{6}\.sql", artifact["name"])
        or artifact["name"].endswith(".books.sql")
    ]
    file = backup.path / record["file"]
    dump = plain(file)
    shorter, removed = re.subn(rb"(?m)^17\t17\t.*\n", b"", dump)
    assert removed == 1
    packed = tell("zstd", "-q", "-c", data=shorter)
    file.write_bytes(packed)
    text = path.read_text("utf-8")
    for was, content in ((record["plain"], shorter), (record["stored"], packed)):
        size, digest = f'"size": {was["size"]}', was["sha256"]
        pattern = re.escape(size) + r'(,\s*"sha256": ")' + digest
        text, count = re.subn(
            pattern, rf'"size": {len(content)}\g<1>{hashlib.sha256(content).hexdigest()}', text
        )
        assert count == 1
    path.write_text(_sealed(text), "utf-8")


def _sealed(text: str) -> str:
    """With the seal of what it says now; docs/design.md tells how it is made."""
    open_, zeros = re.compile(r'(?m)^(  "seal": ")[0-9a-f]+'), "0" * 64
    unsealed = open_.sub(rf"\g<1>{zeros}", text)
    return open_.sub(rf"\g<1>{hashlib.sha256(unsealed.encode()).hexdigest()}", unsealed)


@when("I restore it into a copy of the project", target_fixture="run")
def restore_into(project: Project, copy: str) -> Run:
    return project.run(f"volops restore latest --into {copy}")


@given("the name of a copy", target_fixture="copy")
def copy_name(project: Project) -> Iterator[str]:
    name = f"{project.name}-copy"
    yield name
    label = f"label=com.docker.compose.project={name}"
    for container in engine.containers(label):
        docker("rm", "--force", container.id)
    for what in ("network", "volume"):
        left = docker(what, "ls", "--quiet", "--filter", label).decode().split()
        if left:
            docker(what, "rm", *left)


@then("the copy starts with the command that volops printed, and without a warning")
def copy_starts(run: Run, project: Project, copy: str) -> None:
    line = next(line for line in run.stdout.splitlines() if "docker compose" in line)
    started = project.run(line.strip())
    assert started.code == 0, started.output
    assert "warning" not in started.output.lower(), started.output
    wait_for(lambda: "healthy" in {one.health for one in _copied(copy)}, "the copy's database")


def _copied(copy: str) -> list[engine.Container]:
    return engine.containers(f"label=com.docker.compose.project={copy}")


def _of_copy(copy: str, service: str) -> str:
    return next(one.id for one in _copied(copy) if one.service == service)


@then(parsers.parse('the copy\'s database "{database}" has the same {count:d} entries'))
def copied_entries(
    database: str, count: int, entries: dict[str, tuple[int, str]], copy: str, recorder: Recorder
) -> None:
    found = postgres.Postgres(_of_copy(copy, "db")).contents(database)
    recorder.table(
        "rows of the copy", ["table", "rows", "digest"], [[key, *row] for key, row in found.items()]
    )
    assert found == entries
    assert found["public.entry"][0] == count


@then("the copy has the same receipts")
def copied_receipts(receipts: Files, copy: str) -> None:
    assert _receipts(_of_copy(copy, "web")) == receipts


@then('nothing of the copy is left after "docker compose down --volumes"')
def copy_goes(project: Project, copy: str) -> None:
    run = project.run(f"docker compose -p {copy} down --volumes --timeout 1")
    assert run.code == 0
    assert [name for name in engine.volumes() if copy in name] == []


@then("the receipts of 2024 are back, beside the new one")
def back(receipts: Files, now: Files, project: Project, recorder: Recorder) -> None:
    found = _receipts(project.container("web").id)
    recorder.table("receipts", ["path", "mode, owner, content"], sorted(found.items()))
    assert _of(found, "2024") == _of(receipts, "2024") | {"2024/9.txt": now["2024/9.txt"]}


@then("those of 2025 are as they were just now")
def others(now: Files, project: Project) -> None:
    assert _of(_receipts(project.container("web").id), "2025") == _of(now, "2025")


@then("all receipts are as they were just now")
def as_before(now: Files, project: Project) -> None:
    assert _receipts(project.container("web").id) == now


def _of(files: Files, year: str) -> Files:
    return {path: what for path, what in files.items() if path.startswith(f"{year}/")}


@then(parsers.parse('the directory "{name}" holds the receipts of 2024 and nothing else'))
def unpacked(name: str, receipts: Files, project: Project) -> None:
    found = {
        str(path.relative_to(project.cwd / name)): path.read_text()
        for path in (project.cwd / name).rglob("*")
        if path.is_file()
    }
    assert found == {path: f"{what.split(' ', 4)[4]}\n" for path, what in _of(receipts, "2024").items()}
