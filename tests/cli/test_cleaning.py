"""clean, clean-containers, clean-logs, clean-cache, clean-all: what is shown and asked, and what then is."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import IMAGE, Done, environment, run, run_on_terminal
from tests.cli.test_json import compare, documented
from volops.manifest import manifest_bytes, read_manifest

COMPOSE = f"""
name: NAME
services:
  web:
    image: {IMAGE}
    init: true
    command: sleep infinity
    volumes: ['uploads:/srv/uploads', 'styles:/srv/styles', './logs:/srv/logs', 'shared:/srv/shared']
volumes:
  uploads:
  styles:
  shared: {{external: true, name: NAME-shared}}
x-volops:
  volumes:
    uploads: {{type: media}}
    styles: {{type: static}}
    shared: {{type: static}}
"""
CACHE = """
name: NAME
services: {cache: {image: 'volops-sample-redis:1', volumes: ['keys:/data']}}
volumes: {keys: }
"""
PHRASE = "DELETE EVERYTHING"


def docker(*argv: str) -> str:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=True, env=environment())
    return done.stdout.strip()


class Site:
    """A running project with files in two volumes, and a log."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.name = f"clcl-{uuid.uuid4().hex[:8]}"
        (directory / "compose.yaml").write_text(COMPOSE.replace("NAME", self.name))
        docker("volume", "create", f"{self.name}-shared")

    def compose(self, *verb: str) -> str:
        return docker("compose", "-f", str(self.directory / "compose.yaml"), *verb)

    def start(self) -> None:
        self.compose("up", "--detach")
        self.sh("cd /srv; echo a >uploads/photo; echo b >styles/css; echo c >logs/app.log; echo d >shared/x")

    def sh(self, script: str) -> str:
        return self.compose("exec", "-T", "web", "sh", "-c", script)

    def volops(self, *words: str) -> Done:
        return run(*words, cwd=self.directory)

    def on_terminal(self, *words: str, typed: str) -> Done:
        return run_on_terminal(*words, cwd=self.directory, typed=typed)

    def held(self) -> tuple[str, ...]:
        """All that could be lost."""
        mine = f"label=com.docker.compose.project={self.name}"
        return (
            docker("ps", "--all", "--format", "{{.ID}} {{.State}}", "--filter", mine),
            docker("volume", "ls", "--quiet", "--filter", mine),
            docker("network", "ls", "--quiet", "--filter", mine),
            self.sh("ls -lR --time-style=full-iso /srv"),
        )

    def left(self) -> list[str]:
        """What the engine still has of the project."""
        mine = f"label=com.docker.compose.project={self.name}"
        kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
        return [line for kind in kinds for line in docker(*kind, "--quiet", "--filter", mine).split()]

    def audit(self) -> list[dict[str, Any]]:
        log = self.directory / "backups" / "audit.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One of which nothing is ever removed."""
    yield from _site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """One that the test may clean."""
    yield from _site(tmp_path)


def _site(directory: Path) -> Iterator[Site]:
    made = Site(directory)
    try:
        made.start()
        yield made
    finally:
        made.compose("down", "--volumes", "--remove-orphans", "--timeout", "0")
        docker("volume", "rm", "--force", f"{made.name}-shared")


def test_what_is_cancelled_changes_nothing(lasting: Site) -> None:
    before = lasting.held()
    for words, typed in (
        (["clean", "uploads"], "n\n"),
        (["clean", "uploads"], "\n"),
        (["clean-logs"], "\x04"),
        (["clean-all"], "yes\n"),
        (["clean-all"], "delete everything\n"),
        (["clean-all"], f"{PHRASE} \n"),
        (["clean-all"], f" {PHRASE}\n"),
        (["clean-all"], f"'{PHRASE}'\n"),
        (["clean-all"], "\n"),
        (["clean-all"], "\x04"),
    ):
        done = lasting.on_terminal(*words, typed=typed)
        assert done.code == 1, (words, typed, done.out)
        assert "cancelled: nothing was changed" in done.out, (words, typed)
    assert lasting.held() == before
    assert lasting.audit() == []


@pytest.mark.parametrize(
    ("words", "way"),
    [
        (["clean", "uploads"], "say --yes"),
        (["clean-logs"], "say --yes"),
        (["clean-all"], "say --yes-delete-everything"),
        (["clean-all", "--json"], "say --yes-delete-everything"),
        (["clean", "uploads", "--type", "media"], "--type and VOLUME exclude each other"),
        (["clean", "--type", "nosuch"], "there is no volume type 'nosuch'"),
        (["clean", "nosuch"], "no volume 'nosuch' in this stack"),
    ],
)
def test_what_cannot_be_asked_or_meant_is_a_usage_error(lasting: Site, words: list[str], way: str) -> None:
    before = lasting.held()
    done = lasting.volops(*words)
    assert done.code == 2
    assert way in done.err.splitlines()[-1]
    assert lasting.held() == before


@pytest.mark.parametrize(
    "line",
    ["clean", "clean-containers", "clean uploads", "clean --type static", "clean-logs", "clean-all"],
)
def test_a_dry_run_shows_and_changes_nothing(lasting: Site, line: str) -> None:
    before, words = lasting.held(), line.split()
    done = lasting.volops(*words, "--dry-run")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "nothing was done (--dry-run)"
    assert "removes" in done.out
    plan = json.loads(lasting.volops(*words, "--dry-run", "--json").out)["plan"]
    assert plan["freed"] == 0
    assert lasting.held() == before
    assert lasting.audit() == []


def test_the_cache_is_left_by_a_dry_run_and_then_emptied(tmp_path: Path) -> None:
    """Of a key that is only in the server's memory yet."""
    (tmp_path / "compose.yaml").write_text(CACHE.replace("NAME", f"clca-{uuid.uuid4().hex[:8]}"))
    compose = ("compose", "-f", str(tmp_path / "compose.yaml"))
    redis = (*compose, "exec", "-T", "cache", "redis-cli")
    try:
        docker(*compose, "up", "--detach", "--wait")
        assert docker(*redis, "SET", "greeting", "hello") == "OK"
        container = docker(*compose, "ps", "--format", "{{.ID}} {{.CreatedAt}}")
        done = run("clean-cache", "--dry-run", cwd=tmp_path)
        assert (done.code, done.out.splitlines()[-1]) == (0, "nothing was done (--dry-run)")
        assert "removes   keys: all data of the cache, 1 keys" in done.out
        assert docker(*redis, "GET", "greeting") == "hello"
        assert docker(*compose, "ps", "--format", "{{.ID}} {{.CreatedAt}}") == container
        assert run("clean-cache", "--yes", cwd=tmp_path).code == 0
        assert docker(*redis, "GET", "greeting") == ""
        assert run("clean-cache", "--yes", cwd=tmp_path).out == "nothing to clean\n"
    finally:
        docker(*compose, "down", "--volumes", "--timeout", "0")


def test_what_stays_is_told_with_the_way_to_empty_it(lasting: Site) -> None:
    logs = lasting.directory / "logs"
    told = lasting.volops("clean-all", "--dry-run").out
    assert f"leaves    {logs}: it is a bind mount; `volops clean {logs}` empties it" in told
    assert "leaves    shared: it is external; `volops clean shared` empties it" in told


def test_a_backup_first_that_would_not_hold_all_is_refused_before_it_is_taken(lasting: Site) -> None:
    (lasting.directory / "less.yaml").write_text("x-volops: {volumes: {uploads: {backup: false}}}")
    words = ("clean-all", "--backup-first", "--dry-run")
    done = lasting.volops("-f", "compose.yaml", "-f", "less.yaml", *words)
    assert done.code == 1
    assert "a backup would not hold uploads (left out by x-volops): nothing was deleted" in done.err
    assert not (lasting.directory / "backups").exists() or not list(lasting.directory.glob("backups/*_*"))


def test_a_critical_volume_that_was_never_backed_up_is_warned_of_in_red(lasting: Site) -> None:
    shown = lasting.on_terminal("clean-all", typed="no\n").out
    assert "WARNING: this deletes EVERYTHING" in shown
    assert re.search(r"\x1b\[31m\x1b\[1mvolops: WARNING: uploads is critical and was never backed up", shown)
    assert "styles is critical" not in shown
    assert "volops backup" in shown
    assert "clean-all --backup-first" in shown
    assert f"Type '{PHRASE}' to confirm:" in shown


def test_a_backup_counts_for_a_day(site: Site) -> None:
    """Then a critical volume is warned of again, with the age of what there is."""
    assert site.volops("backup").code == 0
    (file,) = site.directory.glob("backups/full_backup_*/manifest.json")
    manifest = read_manifest(file.read_bytes(), "a test")
    what = "uploads is critical and its newest good backup was made"
    for hours, told in (
        (23.9, ""),
        (24.1, f"volops: WARNING: {what} 24 h ago: run `volops backup` first\n"),
    ):
        made = datetime.now(UTC) - timedelta(hours=hours)
        file.write_bytes(manifest_bytes(manifest.model_copy(update={"created": made})))
        done = site.volops("clean-all", "--dry-run")
        assert (done.code, done.err) == (0, told)
        plan = json.loads(site.volops("clean-all", "--dry-run", "--json").out)["plan"]
        at_risk = {volume["volume"]: volume["at_risk"] for volume in plan["volumes"]}
        assert at_risk == {"uploads": bool(told), "styles": False}


def test_clean_takes_containers_and_networks_and_asks_nobody(site: Site) -> None:
    done = site.volops("clean")
    assert (done.code, done.err) == (0, "")
    assert re.search(r"^removed 1 container, 1 network$", done.out, re.M)
    assert len(site.left()) == 2
    again = site.volops("clean-containers")
    assert (again.code, again.out) == (0, "nothing to clean\n")
    site.compose("up", "--detach")
    assert site.sh("cat /srv/uploads/photo") == "a"
    assert [line["command"] for line in site.audit()] == ["clean"]


def test_a_volume_and_then_nothing(site: Site) -> None:
    done = site.on_terminal("clean", "uploads", typed="y\n")
    assert done.code == 0, done.out
    assert "cleaned   uploads, 2 B" in done.out
    assert site.sh("ls /srv/uploads; cat /srv/styles/css") == "b"
    again = site.volops("clean", "uploads", "--yes")
    assert (again.code, again.out) == (0, "nothing to clean\n")
    logs = site.volops("clean-logs", "--yes")
    assert (logs.code, logs.err) == (0, "")
    assert (site.directory / "logs" / "app.log").read_text() == ""
    assert site.volops("clean-logs", "--yes").out == "nothing to clean\n"
    assert site.volops("clean-cache", "--yes").out == "nothing to clean\n"
    assert [line["command"] for line in site.audit()] == ["clean", "clean-logs"]


def test_the_phrase_removes_all_and_the_backup_brings_it_back(site: Site) -> None:
    done = site.on_terminal("clean-all", "--backup-first", typed=f"{PHRASE}\n")
    assert done.code == 0, done.out
    assert site.left() == []
    assert docker("volume", "inspect", f"{site.name}-shared")
    assert (site.directory / "logs" / "app.log").read_text() == "c\n"
    again = site.volops("clean-all")
    assert (again.code, again.out) == (0, "nothing to clean\n")
    assert site.volops("restore", "latest", "--yes").code == 0
    site.compose("up", "--detach")
    assert site.sh("cat /srv/uploads/photo /srv/styles/css /srv/shared/x").split() == ["a", "b", "d"]


def test_what_is_printed_for_programs_is_documented(site: Site) -> None:
    assert site.volops("backup").code == 0
    volumes = site.volops("clean", "--type", "static", "--yes", "--json")
    of_volumes = "`volops clean VOLUME`, `clean --type`, `clean-logs`, `clean-cache`"
    compare(json.loads(volumes.out), documented()[of_volumes])
    stranger, network = f"{site.name}-stranger", f"{site.name}_default"
    docker("run", "--detach", "--init", "--name", stranger, "--network", network, IMAGE, "sleep", "99")
    try:
        done = site.volops("clean-all", "--yes-delete-everything", "--json")
    finally:
        docker("rm", "--force", stranger)
    assert done.code == 1
    assert f"network {network} was not removed" in done.err
    compare(json.loads(done.out), documented()["`volops clean`, `clean-containers`, `clean-all`"])
    assert site.audit()[-1]["outcome"] == "partly"
