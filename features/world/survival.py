"""Data of every kind, put in through the services, and looked for by asking them again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from features.world import postgres, redis
from features.world.application import Application, address_of
from features.world.project import Project

PRESERVED, REMOVED = "Preserved", "Removed"
_PASSWORD = "long enough for a test"
_MEMBER = "from django.contrib.auth.models import User; User.objects.create_user('{0}', password='{1}')"
_LOG = "/var/log/nginx/access.log"


@dataclass(frozen=True, slots=True)
class Planted:
    """What was put in. `name` is that of the member, of the static file and of the key in Redis."""

    name: str
    uploaded: str
    visitor: Application
    content: bytes = field(repr=False)
    logged: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said of one kind of data: how it was asked, what came, what that means."""

    kind: str
    asked: str
    answered: str
    outcome: str


def plant(project: Project, address: str = "") -> Planted:
    """Put in one of each kind: a member and an upload by the application, a session that is signed in, a
    static file, a key, a page in the log."""
    name, logged = f"kept-{secrets.token_hex(4)}", f"seen-{secrets.token_hex(4)}"
    project.exec("backend", "python", "manage.py", "shell", "-c", _MEMBER.format(name, _PASSWORD))
    visitor = Application(address or address_of(project))
    visitor.sign_in(name, _PASSWORD)
    content = secrets.token_bytes(50_000)
    uploaded = visitor.upload(f"{name}.bin", content)
    project.exec("backend", "tee", f"/app/staticfiles/{name}.bin", data=content)
    redis.server_of(project, "cache").command("SET", name, content.hex())
    visitor.get(f"/static/{logged}")
    return Planted(name, uploaded, visitor, content, logged)


def ask(project: Project, planted: Planted, address: str = "") -> list[Answer]:
    """What the services say of each of the five kinds now."""
    visitor = Application(address or address_of(project), planted.visitor.session)
    counted = "SELECT count(*) FROM auth_user WHERE username = :'name'"
    rows = postgres.server_of(project, "db").value(counted, "backend_db", name=planted.name)
    value = redis.server_of(project, "cache").command("GET", planted.name)
    lines = project.exec("proxy", "sh", "-c", f"grep -c {planted.logged} {_LOG} || true").decode().strip()
    return [
        Answer("Database", "SQL: rows of the member", rows, _outcome(rows == "1", rows == "0")),
        _served("Media", planted.uploaded, visitor, planted.content),
        _served("Static", f"/static/{planted.name}.bin", visitor, planted.content),
        Answer(
            "Cache",
            "redis-cli GET",
            f"{len(value)} characters",
            _outcome(value == planted.content.hex(), value == ""),
        ),
        Answer("Logs", f"lines in {_LOG}", lines, _outcome(lines == "1", lines == "0")),
    ]


def signed_in(project: Project, planted: Planted, address: str = "") -> str:
    """The member that the session of before belongs to now, or nothing."""
    return Application(address or address_of(project), planted.visitor.session).who


def _served(kind: str, path: str, visitor: Application, content: bytes) -> Answer:
    got = visitor.get(path)
    said = f"{got.status_code}, {len(got.content)} bytes"
    same = got.status_code == 200 and got.content == content
    return Answer(kind, f"GET {path}", said, _outcome(same, got.status_code == 404))


def _outcome(preserved: bool, removed: bool) -> str:
    return PRESERVED if preserved else REMOVED if removed else "damaged"
