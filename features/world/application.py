"""The sample application as its users see it: through the proxy, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from features.world.project import Project

_PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Application:
    """The application of a running sample stack, and one person's session with it."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> requests.Response:
        """A page or an answer, whatever its status."""
        return self.session.get(self.address + path, timeout=_PATIENCE_S)

    def sign_in(self, username: str, password: str) -> None:
        """Sign in as a member."""
        answer = self.session.post(
            f"{self.address}/api/login/",
            json={"username": username, "password": password},
            timeout=_PATIENCE_S,
        )
        assert answer.status_code == 200, f"{username}: {answer.status_code} {answer.text[:200]}"

    @property
    def who(self) -> str:
        """The member that the session belongs to, or nothing."""
        user: dict[str, Any] | None = self.get("/api/me/").json()["user"]
        return str(user["username"]) if user else ""

    def upload(self, name: str, content: bytes) -> str:
        """Add a file by the form, and return the path at which it is served."""
        answer = self.session.post(
            f"{self.address}/api/uploads/", files={"file": (name, content)}, timeout=_PATIENCE_S
        )
        assert answer.status_code == 201, f"{name}: {answer.status_code} {answer.text[:200]}"
        return str(answer.json()["url"])

    def at(self, project: Project) -> Application:
        """The same person, at the address the application has now."""
        return Application(address_of(project), self.session)


def address_of(project: Project) -> str:
    """Where the proxy answers; the port is another one after the container was made anew."""
    ports = project.container("proxy").inspected["NetworkSettings"]["Ports"]["80/tcp"]
    return f"http://127.0.0.1:{ports[0]['HostPort']}"
