"""Cleaning PostgreSQL: the server makes a new cluster, as on its first start."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.restoring import Restorable

COMPOSE = """
services:
  db:
    image: volops-sample-postgres:1
    environment: {POSTGRES_PASSWORD: very secret, POSTGRES_DB: shop}
    volumes: ["db:/var/lib/postgresql/data"]
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U postgres -d shop"]
      interval: 1s
      retries: 60
volumes:
  db: {}
"""


def test_a_running_server_has_a_new_cluster_afterwards(tmp_path: Path) -> None:
    project = Restorable(tmp_path)
    psql = ("exec", "-T", "db", "psql", "-XAtq", "-h", "127.0.0.1", "-U", "postgres", "shop", "-c")
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    try:
        project.write(COMPOSE)
        project.up()
        project.compose(*psql, "CREATE TABLE orders (id int)")
        assert project.compose(*psql, tables) == "1"
        done = project.clean_type("postgres")
        assert set(done.downtime) == {"db"}
        assert project.compose(*psql, tables) == "0"
        project.compose(*psql, "CREATE TABLE later (id int)")
        project.compose("restart", "db")
        project.up()
        assert project.compose(*psql, tables) == "1"
    finally:
        project.gone()
