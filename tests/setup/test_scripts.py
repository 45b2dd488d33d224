"""What the scripts behind `make` have in common."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.setup.made_up_machine import CHECKOUT


def bash(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-uc", script],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


class TestSteps:
    def test_all_run_and_a_failed_one_fails_the_whole(self) -> None:
        ended = bash(
            ". scripts/lib/steps.sh; step first true; step second sh -c 'exit 7'; step third echo ran; finish"
        )

        assert ended.returncode == 1
        assert "\nran\n" in ended.stdout
        table = ended.stdout.splitlines()[-4:]
        assert [line.split()[0] for line in table] == ["first", "second", "third", "1"]
        assert table[1].endswith("FAILED (exit status 7)")
        assert table[3] == "1 of 3 steps failed"

    def test_the_whole_succeeds_when_all_do(self) -> None:
        ended = bash(". scripts/lib/steps.sh; step first true; step second true; finish")

        assert ended.returncode == 0
        assert ended.stdout.endswith("\nall 2 steps passed\n")


class TestTheCertificatesForImageBuilds:
    def bundle(self, **environment: str) -> str:
        return bash('. scripts/env.sh; printf %s "$HOST_CA_BUNDLE"', **environment).stdout

    def test_are_those_that_a_tool_was_told_to_use(self, tmp_path: Path) -> None:
        bundle = tmp_path / "ca.pem"
        bundle.touch()

        assert self.bundle(SSL_CERT_FILE=str(bundle)) == str(bundle)
        assert self.bundle(PIP_CERT=str(tmp_path / "absent.pem"), SSL_CERT_FILE=str(bundle)) == str(bundle)

    @pytest.mark.parametrize("chosen", ["/somewhere/else.pem", ""])
    def test_are_left_as_they_were_chosen(self, chosen: str) -> None:
        assert self.bundle(HOST_CA_BUNDLE=chosen, PIP_CERT="/etc/hostname") == chosen


class TestThePortOfThePage:
    @pytest.fixture
    def taken(self) -> Iterator[int]:
        """A port that a server listens on."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server.getsockname()[1]

    def chosen(self, wanted: int) -> int:
        command = [sys.executable, "scripts/free_port.py", str(wanted)]
        return int(subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, check=True).stdout)

    def test_is_another_one_when_it_is_taken(self, taken: int) -> None:
        chosen = self.chosen(taken)

        assert chosen != taken
        with socket.create_server(("127.0.0.1", chosen)):
            pass

    def test_is_the_one_that_is_wanted_when_it_is_free(self, taken: int) -> None:
        free = self.chosen(taken)

        assert self.chosen(free) == free


class TestVolumesOfTheSample:
    """They are called as the document's are, so a real application may have them already."""

    @contextmanager
    def existing_volume(self, prefix: str, owner: str) -> Iterator[str]:
        name, label = f"{prefix}-postgres-data", f"--label=com.docker.compose.project={owner}"
        subprocess.run(["docker", "volume", "create", label, name], stdout=subprocess.DEVNULL, check=True)
        try:
            yield name
        finally:
            subprocess.run(["docker", "volume", "rm", name], stdout=subprocess.DEVNULL, check=True)

    def demonstrated(self, prefix: str) -> subprocess.CompletedProcess[str]:
        """The check that `make demo` begins with."""
        return bash(
            ". scripts/lib/messages.sh; . scripts/lib/sample-stack.sh; require_own_volumes",
            VOLUME_PREFIX=prefix,
            COMPOSE_PROJECT_NAME="sample",
        )

    def test_are_not_filled_when_they_belong_to_another_project(self) -> None:
        prefix = f"volops-{uuid.uuid4().hex[:8]}"
        with self.existing_volume(prefix, owner="shop") as volume:
            ended = self.demonstrated(prefix)

        assert ended.returncode == 1
        assert f"The volume {volume} is there already, and belongs to shop." in ended.stdout
        assert "VOLUME_PREFIX=sample make demo" in ended.stdout

    def test_are_filled_again_when_they_are_the_samples(self) -> None:
        prefix = f"volops-{uuid.uuid4().hex[:8]}"
        with self.existing_volume(prefix, owner="sample"):
            ended = self.demonstrated(prefix)

        assert ended.returncode == 0, ended.stdout
