"""Steps about what is in the stacks: rows, uploads, sessions, files of every kind."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_bdd import given, parsers, then, when

from features.world import postgres
from features.world.application import Application, address_of
from features.world.backup import newest, plain
from features.world.bystanders import Bystander, Reader
from features.world.engine import docker
from features.world.odd_files import MAKE_ODD_FILES
from features.world.project import Project
from features.world.recovery import Recovered
from features.world.trees import Tree, archived_tree, live_tree
from features.world.waiting import wait_for
from volops.testing.report.records import Recorder

PASSWORD = "long enough for a test"
_ENTRIES = "CREATE TABLE entry (id serial PRIMARY KEY, cents bigint NOT NULL, memo text NOT NULL)"
_MORE = "INSERT INTO entry (cents, memo) SELECT n, md5(n::text) FROM generate_series(1, :more) n"
_CHANGE = "UPDATE entry SET memo = 'changed' WHERE id <= :changed"
_LARGE = """
CREATE TABLE IF NOT EXISTS page AS SELECT n, (SELECT string_agg(md5(random()::text), '')
    FROM generate_series(1, 500) WHERE n > 0) AS text FROM generate_series(1, 4000) n;
CREATE TABLE IF NOT EXISTS copy AS SELECT * FROM page;
CREATE TABLE IF NOT EXISTS another_copy AS SELECT * FROM page
"""
_LEDGER = "CREATE TABLE ledger_given (n bigint); CREATE TABLE ledger_taken (n bigint)"
_DROP_LEDGER = "DROP TABLE ledger_given; DROP TABLE ledger_taken"
_ENTER_TWICE = """
INSERT INTO ledger_given SELECT count(*) FROM ledger_given;
INSERT INTO ledger_taken SELECT count(*) FROM ledger_taken;
"""
_CHURN = """
mkdir -p /app/media/churn && cd /app/media/churn || exit 1
touch /tmp/churn
while [ -e /tmp/churn ]; do
    for n in 1 2 3 4 5 6 7 8; do head -c 200000 /dev/urandom >"$n"; done
    for n in 1 3 5; do : >"$n"; done
    rm -f 2 4
done
cd / && rm -r /app/media/churn
"""


@dataclass(frozen=True, slots=True)
class Keepsake:
    """What somebody put into the application: a member, a file, and a session that is signed in."""

    member: str
    content: bytes
    address: str
    visitor: Application


@given("a new member, a new upload and a visitor who is signed in", target_fixture="keepsake")
def put_in(project: Project, recorder: Recorder) -> Keepsake:
    name = f"visitor-{secrets.token_hex(4)}"
    made = f"User.objects.create_user('{name}', password='{PASSWORD}')"
    line = f"from django.contrib.auth.models import User; {made}"
    project.exec("backend", "python", "manage.py", "shell", "-c", line)
    visitor = Application(address_of(project))
    visitor.sign_in(name, PASSWORD)
    content = secrets.token_bytes(70_000)
    address = visitor.upload(f"{name} in the garden — été.bin", content)
    digest = hashlib.sha256(content).hexdigest()
    recorder.table("put in", ["member", "upload", "sha256"], [[name, address, digest]])
    return Keepsake(name, content, address, visitor)


@then("the member, the upload and the visitor's session are still there")
def still_there(keepsake: Keepsake, project: Project, recorder: Recorder) -> None:
    database = postgres.server_of(project, "db")
    counted = "SELECT count(*) FROM auth_user WHERE username = :'name'"
    members = database.value(counted, "backend_db", name=keepsake.member)
    visitor = keepsake.visitor.at(project)
    served = visitor.get(keepsake.address)
    digest = hashlib.sha256(served.content).hexdigest()
    found = [[members, visitor.who, served.status_code, digest]]
    recorder.table("found again", ["members of the name", "signed in", "HTTP status", "sha256"], found)
    assert members == "1"
    assert served.content == keepsake.content
    assert visitor.who == keepsake.member


@given("somebody reads the application's page again and again", target_fixture="reader")
def reader(project: Project) -> Iterator[Reader]:
    reading = Reader(Application(address_of(project)))
    wait_for(lambda: reading.answers, "the first page")
    yield reading
    reading.stop()


@then("every page was served")
def every_page(reader: Reader, recorder: Recorder) -> None:
    reader.stop()
    recorder.table("pages", ["asked for", "served"], [[len(reader.answers), reader.answers.count(200)]])
    assert len(reader.answers) >= 10
    assert set(reader.answers) == {200}


@given("a ledger to which two entries are added in each transaction, again and again")
def ledger(project: Project) -> Iterator[None]:
    database = postgres.server_of(project, "db")
    database.query(_LEDGER, "backend_db")
    writer = Bystander(lambda: _enter(database))
    wait_for(lambda: int(database.value("SELECT count(*) FROM ledger_given", "backend_db")) > 20, "entries")
    yield
    writer.stop()
    database.query(_DROP_LEDGER, "backend_db")


def _enter(database: postgres.Postgres) -> None:
    database.query(f"BEGIN; {_ENTER_TWICE} COMMIT; " * 20, "backend_db")


@then("every transaction of the ledger is there in full or not at all")
def whole_transactions(recovered: Recovered, project: Project, recorder: Recorder) -> None:
    tables = recovered.tables["backend_db"]
    given, taken = tables["public.ledger_given"], tables["public.ledger_taken"]
    now = postgres.server_of(project, "db").value("SELECT count(*) FROM ledger_given", "backend_db")
    recorder.table("transactions", ["given", "taken", "by now"], [[given[0], taken[0], now]])
    assert given == taken
    assert 20 < given[0] < int(now), "nothing was written meanwhile: the scenario proves nothing"


@given("uploads come and go again and again", target_fixture="stable")
def churn(project: Project) -> Iterator[Tree]:
    stable = live_tree(project, "backend-media")
    backend = project.container("backend").id
    docker("exec", "--detach", backend, "sh", "-c", _CHURN)
    wait_for(lambda: "churn" in docker("exec", backend, "ls", "/app/media").decode(), "the first of them")
    yield stable
    docker("exec", backend, "rm", "-f", "/tmp/churn")
    wait_for(lambda: "churn" not in docker("exec", backend, "ls", "/app/media").decode(), "the end of it")


@then("every upload of before is in it, byte for byte")
def stable_uploads(stable: Tree, project: Project) -> None:
    (archive,) = newest(project).files("backend-media", ".tar")
    saved = archived_tree(plain(archive))
    assert {path: saved.digests.get(path) for path in stable.digests} == stable.digests


@given(parsers.parse('the database "{database}" has {count:d} entries'), target_fixture="entries")
def with_entries(database: str, count: int, project: Project) -> dict[str, tuple[int, str]]:
    server = postgres.server_of(project, "db")
    server.query(f"{_ENTRIES}; {_MORE}", database, more=str(count))
    return server.contents(database)


@given(parsers.parse('the database "{database}" is large'))
def large(database: str, project: Project) -> None:
    postgres.server_of(project, "db").query(_LARGE, database)


@when("the table with the entries is dropped")
def drop_entries(project: Project) -> None:
    postgres.server_of(project, "db").query("DROP TABLE entry", "books")


@when(parsers.parse("{changed:d} entries are changed and {added:d} are added"))
def change_entries(changed: int, added: int, project: Project) -> None:
    postgres.server_of(project, "db").query(
        f"{_CHANGE}; {_MORE}", "books", changed=str(changed), more=str(added)
    )


@then(parsers.parse('the database "{database}" has {count:d} entries again, the same as before'))
def entries_again(
    database: str, count: int, entries: dict[str, tuple[int, str]], project: Project, recorder: Recorder
) -> None:
    now = postgres.server_of(project, "db").contents(database)
    rows = [[table, *entries.get(table, ("", "")), *found] for table, found in now.items()]
    recorder.table("rows", ["table", "before", "digest", "now", "digest now"], rows)
    assert now == entries
    assert now["public.entry"][0] == count


@then("the next entry gets an id that nobody had")
def next_entry(project: Project) -> None:
    server = postgres.server_of(project, "db")
    before = int(server.value("SELECT max(id) FROM entry", "books"))
    new = server.value("INSERT INTO entry (cents, memo) VALUES (1, 'new') RETURNING id", "books")
    assert int(new) > before


@given(parsers.parse('the volume "{key}" holds one file of every odd kind'))
def odd_files(key: str, project: Project) -> None:
    mounted = f"type=volume,source={project.volume(key)},target=/tree"
    image = ("--network", "none", "volops-sample-redis:1", "sh", "-euc", MAKE_ODD_FILES)
    docker("run", "--rm", "--privileged", "--mount", mounted, *image)


@then("the holes of its sparse file take no room in the archive")
def sparse(project: Project) -> None:
    (volume,) = newest(project).manifest["volumes"]
    assert volume["artifacts"][0]["plain"]["size"] < 10_000_000


@given("an upload of 1 MiB that cannot be compressed")
def incompressible(project: Project) -> Iterator[None]:
    project.exec("web", "dd", "of=/app/media/noise", "status=none", data=os.urandom(1 << 20))
    yield
    project.exec("web", "rm", "/app/media/noise")
