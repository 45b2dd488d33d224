"""Steps that follow the document, and about what comes of it."""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator

from pytest_bdd import given, parsers, then, when

from features.steps.bundles import same_to_the_second
from features.world import cron, document, postgres
from features.world.backup import backups_of, files_of
from features.world.commands import Run
from features.world.engine import ROOT, docker, image_exists
from features.world.following import Followed, filled_in, follow
from features.world.holdings import Holdings
from features.world.keys import Keyring, keyring
from features.world.project import Project
from volops.testing.report.records import Recorder

_SHELL_IMAGE = "volops-sample-redis:1"
_FOLLOWED = re.compile(
    r'(?:I follow|cron runs what is under) "(?P<title>.*?)"'
    r'(?:, but not "(?P<left_out>[^"]*)"|, whose| on an engine|$)',
    re.M,
)


@when(
    parsers.re(
        r'I follow "(?P<title>.*?)"(, but not "(?P<left_out>[^"]*)")?(, whose "(?P<failing>[^"]*)" fails)?$'
    ),
    target_fixture="run",
)
def follow_document(title: str, left_out: str | None, failing: str | None, project: Project) -> Followed:
    """Type what is printed there, answer what is asked. Every command succeeds, but the one that fails."""
    return follow(title, project, left_out or "", failing or "")


@given(parsers.parse('the engine has an image called "{name}"'))
def image(name: str) -> Iterator[None]:
    """One that can be had without a registry, when none is there by that name."""
    if image_exists(name):
        yield
        return
    docker("tag", _SHELL_IMAGE, name)
    yield
    docker("rmi", name)


@given(parsers.parse("{owner} has a key, which is known here"), target_fixture="keys")
def has_key(owner: str, project: Project) -> Iterator[Keyring]:
    with keyring(owner) as made:
        project.variables.update(made.variables)
        yield made


@then(parsers.parse('{owner} can read "{name}", and it is the backup'))
def can_read(owner: str, name: str, keys: Keyring, project: Project, recorder: Recorder) -> None:
    read = keys.decrypt(project.directory / name)
    (backup,) = files_of(project)
    digests = [hashlib.sha256(data).hexdigest() for data in (read.stdout, backup.read_bytes())]
    recorder.table(f"what {owner} reads", ["decrypted", "the backup"], [digests])
    assert read.returncode == 0, read.stderr
    assert digests[0] == digests[1]


@then(parsers.parse('somebody without the key cannot read "{name}"'))
def cannot_read(name: str, project: Project) -> None:
    with keyring() as other:
        read = other.decrypt(project.directory / name)
    assert read.returncode != 0
    assert read.stdout == b""


@then("there is nothing in the backups but one archive with these files, and a manifest")
def one_archive(datatable: list[list[str]], project: Project, recorder: Recorder) -> None:
    (path,) = files_of(project)
    assert [backup.name for backup in backups_of(project)] == []
    with tarfile.open(path) as archive:
        found = [[member.name, member.size] for member in archive]
    recorder.table(path.name, ["file", "bytes"], found)
    stamp = path.name.removeprefix("full_backup_").removesuffix(".tar.gz")
    assert re.fullmatch(r"\d{8}_\d{6}", stamp)
    names = {name for name, _ in found}
    assert {name.replace("YYYYMMDD_HHMMSS", stamp) for (name,) in datatable} | {"manifest.json"} <= names


@then("Django's shell answers with the number of users")
def users_counted(run: Run, project: Project) -> None:
    users = postgres.server_of(project, "db").value("SELECT count(*) FROM auth_user", "backend_db")
    assert f"\n{users}\n" in run.output


@then(parsers.parse('Django\'s shell answered "{text}"'))
def django_answered(text: str, run: Followed) -> None:
    assert f"\n{text}\n" in [one for one in run.runs if "backend-shell" in one.line][-1].output


@then("the uploads are what was written down, to the second")
def uploads_again(written: Holdings, project: Project) -> None:
    same_to_the_second("backend-media", written, project)


@given("cron is to run the project's commands")
def cron_machine(project: Project) -> None:
    cron.install(project)


@when(parsers.parse("the backups have a full backup of {days:d} days ago"))
@given(parsers.parse("the backups have a full backup of {days:d} days ago"))
def old_backup(days: int, project: Project) -> None:
    cron.age_a_backup(project, days)


@when(parsers.parse('cron runs what is under "{title}"'), target_fixture="run")
def cron_runs(title: str, project: Project, recorder: Recorder) -> Run:
    runs = [
        cron.run(filled_in(command.scheduled, project), project) for command in document.commands_under(title)
    ]
    for run in runs:
        recorder.show(run.exhibit())
        assert run.code == 0, run.output
    return runs[-1]


@then(parsers.parse("the log of cron says {text}"))
def logged(text: str, project: Project, recorder: Recorder) -> None:
    log = cron.log_of(project)
    recorder.text("/var/log/backup.log", log)
    assert text.strip('"') in log


@then(parsers.parse("the backups are {count:d} archives of today"))
def archives_of_today(count: int, project: Project, recorder: Recorder) -> None:
    found = [path.name for path in files_of(project)]
    recorder.text("backups", "\n".join(found))
    assert len(found) == count
    assert cron.OLD not in found
    assert [backup.name for backup in backups_of(project)] == []


@then("every snippet of the document is followed in some feature, but these")
def all_followed(datatable: list[list[str]], recorder: Recorder) -> None:
    features = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "features").rglob("*.feature")))
    followed = {
        command.line
        for match in _FOLLOWED.finditer(features)
        for command in document.commands_under(match["title"])
        if not match["left_out"] or match["left_out"] not in command.line
    }
    every = [command for snippet in document.snippets() for command in snippet.commands]
    left = {command.line for command in every} - followed
    recorder.table("commands", ["in the document", "left out"], [[len(every), len(left)]])
    assert left == {line for line, _ in datatable}
