"""A machine of which only the answers are real: what the set-up asks and what it would change."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
COMMANDS = Path(__file__).parent / "commands"
REAL_TOOLS = [
    "awk",
    "bash",
    "cat",
    "chmod",
    "cksum",
    "cp",
    "cut",
    "dirname",
    "env",
    "grep",
    "head",
    "ln",
    "mkdir",
    "mktemp",
    "nohup",
    "rm",
    "rmdir",
    "sed",
    "setsid",
    "sh",
    "sleep",
    "sort",
    "tail",
    "tar",
    "timeout",
    "touch",
    "tr",
]
MIRROR = "http://mirror.example/debian/"


@dataclass(frozen=True)
class MadeUpMachine:
    """A PATH with nothing of Docker on it, and a directory in place of /etc, /run and /var.

    The commands below `commands/` stand for the ones that would change a machine; each writes what
    it was asked to do to a log, and behaves as the files beside that log say.
    """

    directory: Path

    @classmethod
    def made(cls, directory: Path) -> MadeUpMachine:
        """A Debian trixie without Docker and without systemd, used by root."""
        machine = cls(directory)
        (directory / "bin").mkdir()
        for tool in REAL_TOOLS:
            real = shutil.which(tool)
            assert real is not None, f"{tool} is not on this machine"
            (directory / "bin" / tool).symlink_to(real)
        for path in (
            "etc/apt/preferences.d",
            "etc/apt/sources.list.d",
            "run",
            "var/log",
            "var/run/docker/containerd",
        ):
            (machine.root / path).mkdir(parents=True)
        machine.has_commands("id", "apt-get", "apt-cache", "apt-config", "systemctl")
        machine.has_files(
            uid="0",
            context="default",
            images="",
            registry="",
            mirror=MIRROR,
            suites="trixie",
            changes="",
        )
        machine.has_files(**{"installed-engine": "26.1.5+dfsg1"})
        return machine.runs("debian", "trixie").offers("docker.io 26.1.5+dfsg1-9")

    @property
    def root(self) -> Path:
        """What the scripts take for `/`."""
        return self.directory / "root"

    @property
    def changes(self) -> list[str]:
        """What was done to the machine, in order."""
        return (self.directory / "changes").read_text().splitlines()

    def has_files(self, **contents: str) -> MadeUpMachine:
        for name, content in contents.items():
            (self.directory / name).write_text(f"{content}\n" if content else "")
        return self

    def has_commands(self, *names: str) -> MadeUpMachine:
        for name in names:
            (self.directory / "bin" / name).symlink_to(COMMANDS / name)
        return self

    def runs(self, distribution: str, codename: str) -> MadeUpMachine:
        (self.root / "etc/os-release").write_text(f"ID={distribution}\nVERSION_CODENAME={codename}\n")
        return self

    def offers(self, *candidates: str) -> MadeUpMachine:
        """The packages apt would install, each as `NAME VERSION`."""
        return self.has_files(candidates="\n".join(candidates))

    def has_systemd(self) -> MadeUpMachine:
        (self.root / "run/systemd/system").mkdir(parents=True)
        return self

    def is_used_by_alice(self) -> MadeUpMachine:
        return self.has_files(uid="1000")

    def has_running_engine(self, version: str = "26.1.5+dfsg1") -> MadeUpMachine:
        return self.has_installed_engine().has_files(engine=version)

    def has_installed_engine(self) -> MadeUpMachine:
        return self.has_commands("docker", "dockerd")

    def has_compose(self, version: str = "2.26.1") -> MadeUpMachine:
        return self.has_files(compose=version)

    def has_python(self, version: str) -> MadeUpMachine:
        """Python as Debian splits it: without its venv module."""
        return self.has_commands("python3").has_files(python=version)

    def run(
        self, script: str, *arguments: str, checkout: Path = CHECKOUT, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of a checkout's scripts on this machine; its errors are in its output."""
        return subprocess.run(
            [checkout / "scripts" / script, *arguments],
            env={
                "PATH": str(self.directory / "bin"),
                "HOME": os.devnull,
                "TMPDIR": str(self.directory),
                "MACHINE": str(self.directory),
                "COMMANDS": str(COMMANDS),
                "VOLOPS_SYSTEM_ROOT": str(self.root),
                "VOLOPS_ENGINE_TIMEOUT": "5",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
