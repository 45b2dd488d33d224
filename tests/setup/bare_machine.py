"""A real machine on which nothing is installed: Debian without Python, Docker or systemd.

It is a privileged container of a base image, which is a fresh tree of Debian and no more. Network,
processes and files are its own, so that an engine started in it never meets the one outside, and
whatever a step leaves behind goes with it.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
COPIED = (
    "LICENSE",
    "README.md",
    "plugins",
    "pyproject.toml",
    "requirements.lock",
    "scripts",
    "volops",
)
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
CA_BUNDLE = "/etc/host-ca.pem"


@dataclass(frozen=True)
class Ended:
    """How a command on the machine ended; its errors are in its output."""

    status: int
    output: str


@dataclass(frozen=True)
class BareMachine:
    """A running container, by name."""

    name: str

    def tries(self, *command: str) -> Ended:
        ended = subprocess.run(
            ["docker", "exec", self.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout)

    def runs(self, *command: str) -> str:
        """The output of a command that must succeed."""
        ended = self.tries(*command)
        assert ended.status == 0, f"{' '.join(command)}: {ended.output}"
        return ended.output.strip()

    def shell(self, script: str) -> str:
        """The output of a shell script that must succeed."""
        return self.runs("sh", "-euc", script)


def archived_checkout() -> bytes:
    """What a fresh clone would have of the set-up, as a tar archive."""

    def without_caches(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if Path(member.name).name == "__pycache__" else member

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name in COPIED:
            if (CHECKOUT / name).exists():
                tar.add(CHECKOUT / name, arcname=f"checkout/{name}", filter=without_caches)
    return archive.getvalue()


def trusted_bundle() -> str:
    """The certificates that this machine trusts, or nothing; see scripts/env.sh."""
    command = '. scripts/env.sh && printf %s "${HOST_CA_BUNDLE:-}"'
    return subprocess.run(
        ["bash", "-c", command], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@contextmanager
def bare_machine(suite: str) -> Iterator[BareMachine]:
    """A machine with a fresh Debian of that suite and the checkout in /checkout."""
    name = f"volops-bare-{suite}-{uuid.uuid4().hex[:8]}"
    bundle = trusted_bundle()
    environment = [f"--env={variable}" for variable in PASSED_ON if variable in os.environ]
    if bundle:
        environment.append(f"--env=PIP_CERT={CA_BUNDLE}")
    # The host's control groups: in a name space of its own, an engine on cgroup v2 would have to
    # move this machine's processes before it may start containers.
    options = ["--privileged", "--cgroupns=host", "--volume=/var/lib/docker", *environment]
    image = f"debian:{suite}-slim"
    subprocess.run(
        ["docker", "run", "--detach", "--rm", "--name", name, *options, image, "sleep", "infinity"],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    try:
        if bundle:
            subprocess.run(
                ["docker", "cp", "--quiet", "--follow-link", bundle, f"{name}:{CA_BUNDLE}"],
                check=True,
            )
        subprocess.run(["docker", "cp", "-", f"{name}:/"], input=archived_checkout(), check=True)
        yield BareMachine(name)
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], stdout=subprocess.DEVNULL, check=True)
