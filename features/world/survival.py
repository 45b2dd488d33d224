"""Data of every kind, put in through the services, and looked for by asking them again."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from features.world import postgres, redis
from features.world.application import Application
from features.world.project import Project

PRESERVED, REMOVED = "Preserved", "Removed"
_PASSWORD = "long enough for a test"
_MEMBER = "from django.contrib.auth.models import User; User.objects.create_user('{0}', password='{1}')"
_ROW = "SELECT md5(u::text) FROM auth_user u WHERE username = :'name'"
_NGINX, _DJANGO = "/var/log/nginx/access.log", "/app/logs/django.log"


@dataclass(frozen=True, slots=True)
class Planted:
    """What was put in. `name` is that of the member, of the static file and of the key in Redis; `row` is a
    digest of the member's row; `logged` is a page in nginx's log, `noted` one in the backend's."""

    name: str
    uploaded: str
    visitor: Application
    content: bytes = field(repr=False)
    row: str
    logged: str
    noted: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said of one kind of data: how it was asked, what was put in, what came, what that
    means."""

    kind: str
    asked: str
    put_in: str
    answered: str
    outcome: str


def plant(project: Project, address: str) -> Planted:
    """Put in one of each kind: a member and an upload by the application, a session that is signed in, a
    static file, a key, a page in each log. `address` is where the proxy answers, as below."""
    name, logged, noted = (f"{word}-{secrets.token_hex(4)}" for word in ("kept", "seen", "noted"))
    project.exec("backend", "python", "manage.py", "shell", "-c", _MEMBER.format(name, _PASSWORD))
    visitor = Application(address)
    visitor.sign_in(name, _PASSWORD)
    content = secrets.token_bytes(50_000)
    uploaded = visitor.upload(f"{name}.bin", content)
    project.exec("backend", "tee", f"/app/staticfiles/{name}.bin", data=content)
    redis.server_of(project, "cache").command("SET", name, content.hex())
    visitor.get(f"/static/{logged}")
    # Django logs what it does not find.
    visitor.get(f"/api/{noted}/")
    return Planted(name, uploaded, visitor, content, _rows(project, name), logged, noted)


def ask(project: Project, planted: Planted, address: str) -> list[Answer]:
    """What the services say of each kind now: of the document's five, and of the backend's log, which is in
    a directory of the host."""
    visitor = Application(address, planted.visitor.session)
    row = _rows(project, planted.name)
    value = redis.server_of(project, "cache").command("GET", planted.name)
    held = planted.content.hex()
    return [
        Answer("Database", "SQL: md5 of the member's row", planted.row, row, _same(row, planted.row)),
        _served("Media", planted.uploaded, visitor, planted.content),
        _served("Static", f"/static/{planted.name}.bin", visitor, planted.content),
        Answer("Cache", "redis-cli GET", _told(held.encode()), _told(value.encode()), _same(value, held)),
        _logged("Logs", project, "proxy", _NGINX, planted.logged),
        _logged("Backend logs", project, "backend", _DJANGO, planted.noted),
    ]


def signed_in(planted: Planted, address: str) -> str:
    """The member that the session of before belongs to now, or nothing."""
    return Application(address, planted.visitor.session).who


def _rows(project: Project, name: str) -> str:
    """A digest of the row of each member of that name; nothing when there is none."""
    found = postgres.server_of(project, "db").query(_ROW, "backend_db", name=name)
    return " ".join(digest for (digest,) in found)


def _served(kind: str, path: str, visitor: Application, content: bytes) -> Answer:
    got = visitor.get(path)
    same = got.status_code == 200 and got.content == content
    answered = f"{got.status_code}, {_told(got.content)}"
    return Answer(kind, f"GET {path}", _told(content), answered, _outcome(same, got.status_code == 404))


def _logged(kind: str, project: Project, service: str, log: str, page: str) -> Answer:
    counted = f"grep -c {page} {log} 2>/dev/null || true"
    lines = project.exec(service, "sh", "-c", counted).decode().strip() or "0"
    return Answer(kind, f"lines with it in {log}", "1", lines, _outcome(lines == "1", lines == "0"))


def _told(data: bytes) -> str:
    return f"{len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}" if data else "nothing"


def _same(now: str, before: str) -> str:
    return _outcome(now == before, now == "")


def _outcome(preserved: bool, removed: bool) -> str:
    return PRESERVED if preserved else REMOVED if removed else "damaged"
