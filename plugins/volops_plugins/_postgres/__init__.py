"""How a PostgreSQL server is asked: script and SQL that run beside its container, and their Python side."""
