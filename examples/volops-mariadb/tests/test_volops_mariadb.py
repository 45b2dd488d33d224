"""The MariaDB type passes the kit that volops' own types pass, with all that a server may hold."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, ClassVar

import pytest
from volops_mariadb import Mariadb
from volops_mariadb.statements import Statements

from volops import Shell, VolumeType
from volops.testing.conformance import Sample, Saved, Site, VolumeTypeConformance

SECRET = "Kit'Maria\\5ecret"  # noqa: S105
CONTENTS = """
SELECT * FROM shop.orders ORDER BY id; SELECT * FROM shop.audit ORDER BY 1; SELECT * FROM shop.many;
SELECT shop.twice(21); SHOW CREATE EVENT shop.nightly;
SELECT ACTION_STATEMENT, DEFINER FROM information_schema.TRIGGERS;
SHOW CREATE VIEW shop.many; SHOW CREATE TABLE shop.orders;
SHOW GRANTS FOR clerk@'%'; SHOW GRANTS FOR readers; SHOW GRANTS FOR root@localhost;
SELECT HEX(body) FROM shop.blobs; SELECT * FROM `sp ace`.`ta-ble`; SELECT NEXTVAL(shop.numbers) > 1
"""
FILL = """
DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS `sp ace`;
DROP USER IF EXISTS clerk@'%'; DROP ROLE IF EXISTS readers;
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; CREATE DATABASE `sp ace`;
USE shop;
CREATE TABLE orders (
id INT PRIMARY KEY AUTO_INCREMENT, note TEXT, at TIMESTAMP DEFAULT '2025-10-25 14:30:22');
CREATE TABLE audit (what TEXT);
CREATE TABLE blobs (body BLOB);
CREATE TABLE `sp ace`.`ta-ble` (`co lumn` VARCHAR(20));
CREATE SEQUENCE numbers START WITH 1 INCREMENT BY 5;
CREATE TRIGGER noted AFTER INSERT ON orders FOR EACH ROW
INSERT INTO audit VALUES (CONCAT('o: ', NEW.note));
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN 2 * n;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM audit;
CREATE VIEW many AS SELECT COUNT(*) AS n FROM orders;
INSERT INTO orders (note) VALUES ('first'), ('zweitens — 🎉'), ("it's -- no comment\\n-- either");
INSERT INTO blobs VALUES (x'00ff27225c0a0d1a');
INSERT INTO `sp ace`.`ta-ble` VALUES ('a b');
SELECT NEXTVAL(numbers);
CREATE ROLE readers; GRANT SELECT ON shop.* TO readers;
CREATE USER clerk@'%' IDENTIFIED BY 'pw of the clerk'; GRANT readers TO clerk@'%';
SET DEFAULT ROLE readers FOR clerk@'%';
GRANT SELECT (note), INSERT ON shop.orders TO clerk@'%'; GRANT EXECUTE ON FUNCTION shop.twice TO clerk@'%';
"""


class Server(Sample):
    """A server with two databases, and one of everything that is in them or beside them."""

    image = "volops-mariadb-sample:1"
    target = "/var/lib/mysql"
    recorded = Path(__file__).with_name("recorded") / "mariadb"
    secrets = (SECRET, "Kit'Maria")
    service: ClassVar[Mapping[str, Any]] = {
        "environment": {"MARIADB_ROOT_PASSWORD": SECRET},
        "healthcheck": {
            "test": [
                "CMD-SHELL",
                "mariadb-admin --host 127.0.0.1 --protocol tcp ping 2>&1 | grep -qE 'alive|denied'",
            ],
            "interval": "1s",
            "retries": 60,
            "start_period": "60s",
            "start_interval": "250ms",
        },
    }

    def fill(self, service: Shell) -> None:
        """From nothing."""
        self.ask(service, FILL)

    def change(self, service: Shell) -> None:
        """One row is another; there are as many as before."""
        self.ask(service, "UPDATE shop.orders SET note = 'changed' WHERE id = 1")

    def contents(self, service: Shell) -> object:
        """Rows, code, schedules, rights."""
        return self.ask(service, CONTENTS).splitlines()

    def ask(self, service: Shell, statements: str) -> str:
        """What the server answers."""
        script = "MYSQL_PWD=$MARIADB_ROOT_PASSWORD exec mariadb -uroot -N -B --default-character-set=utf8mb4"
        return service.run("sh", "-c", script, input=statements.encode()).text


@pytest.fixture(scope="session", autouse=True)
def image(request: pytest.FixtureRequest) -> None:
    """The image of the server, built when a check that needs the engine was chosen."""
    if any(item.get_closest_marker("volops_live") for item in request.session.items):
        directory = str(Path(__file__).with_name("image"))
        subprocess.run(["docker", "build", "--quiet", "--tag", Server.image, directory], check=True)


class TestMariadb(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return Mariadb

    @pytest.fixture
    def sample(self) -> Sample:
        return Server()

    def test_live_its_client_is_that_of_db_shell(self, site: Site, saved: Saved) -> None:
        del saved
        asked = "SELECT note FROM orders WHERE id = 1"
        done = volops(site, "db-shell", "-d", "shop", "--", "-N", "-e", asked)
        assert (done.returncode, done.stdout, done.stderr) == (0, "first\n", "")
        shown = volops(site, "db-shell", "--", "-e", "system cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout
        assert "mariadb --user=root" in shown
        assert SECRET not in shown

    def test_live_one_database_is_dumped_and_takes_the_place_of_what_is_there(
        self, site: Site, saved: Saved
    ) -> None:
        assert volops(site, "backup-db").returncode == 2, "there are two databases, and none is the service's"
        done = volops(site, "backup-db", "--database", "shop")
        assert done.returncode == 0, done.stderr
        (dump,) = (site.directory / "backups").glob("db_backup_*.sql")
        assert volops(site, "verify", dump.name).returncode == 0
        refused = volops(site, "restore", dump.name, "--yes")
        assert refused.returncode == 2
        assert "its type only dumps" in refused.stderr
        site.sample.change(site.service)
        with dump.open() as sql:
            assert volops(site, "db-shell", stdin=sql).returncode == 0
        assert site.sample.contents(site.service) == saved.contents


def volops(site: Site, *words: str, stdin: IO[str] | None = None) -> subprocess.CompletedProcess[str]:
    """The program, on the sample's stack."""
    place = ("--file", str(site.directory / "compose.json"))
    program = str(Path(sys.executable).with_name("volops"))
    return subprocess.run([program, *place, *words], stdin=stdin, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_digest_of_statements_does_not_depend_on_comments_and_chunks(size: int) -> None:
    def digest(text: bytes) -> str:
        def chunks() -> Iterator[bytes]:
            for start in range(0, len(text), size):
                yield text[start : start + size]

        statements = Statements()
        assert b"".join(statements.passing(chunks())) == text
        return statements.sha256()

    assert digest(b"-- Host: one\nINSERT 1;\n-- Dump completed\n") == digest(b"INSERT 1;\n-- Host: two\n")
    assert digest(b"INSERT 1;\n") != digest(b"INSERT 2;\n")
