"""What a stack holds, as its services and its volumes tell: to compare before with after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.world import postgres, redis
from features.world.project import Project
from features.world.trees import Tree, live_tree
from volops.testing.report.records import Recorder

_SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value::text, 'unused') FROM pg_sequences
ORDER BY 1
"""
_RIGHTS = """
SELECT 'database ' || datname, pg_get_userbyid(datdba), coalesce(a::text, '')
    FROM pg_database LEFT JOIN LATERAL unnest(datacl) a ON true WHERE datname = current_database()
UNION ALL SELECT c.relkind::text || ' ' || c.oid::regclass, pg_get_userbyid(c.relowner), coalesce(a::text, '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN LATERAL unnest(c.relacl) a ON true
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind <> 't'
UNION ALL SELECT 'schema ' || nspname, pg_get_userbyid(nspowner), coalesce(a::text, '')
    FROM pg_namespace LEFT JOIN LATERAL unnest(nspacl) a ON true WHERE nspname !~ '^pg_'
ORDER BY 1, 2, 3
"""
_ROLES = """
SELECT rolname, concat_ws(' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
    rolbypassrls, rolconnlimit, rolpassword, rolvaliduntil, (SELECT string_agg(setconfig::text, ' ')
    FROM pg_db_role_setting WHERE setrole = a.oid), (SELECT string_agg(pg_get_userbyid(roleid), ' ' ORDER BY
    roleid::regrole::text) FROM pg_auth_members WHERE member = a.oid))
FROM pg_authid a WHERE rolname !~ '^pg_' ORDER BY 1
"""


_SERVED = ("tables", "sequences", "rights", "roles", "keys")


@dataclass(frozen=True, slots=True)
class Holdings:
    """`tables`, `sequences` and `rights` by service and database, `roles` by service, `keys` by service and
    number of the database, each key with its kind, and a digest of value and time of expiry; `trees` by
    volume."""

    tables: Mapping[str, Mapping[str, tuple[int, str]]]
    sequences: Mapping[str, Sequence[Sequence[str]]]
    rights: Mapping[str, Sequence[Sequence[str]]]
    roles: Mapping[str, Sequence[Sequence[str]]]
    keys: Mapping[str, Mapping[int, Mapping[str, str]]]
    trees: Mapping[str, Tree]

    def differing(self, other: Holdings) -> list[str]:
        """What is not the same in both, in words."""
        found = []
        for what in (*_SERVED, "trees"):
            before, after = getattr(self, what), getattr(other, what)
            found += [
                f"{what} of {each}"
                for each in before.keys() | after.keys()
                if before.get(each) != after.get(each)
            ]
        return sorted(found)

    def show(self, recorder: Recorder) -> None:
        """Leave it as evidence."""
        rows = [
            [place, f"{len(tables)} tables", sum(count for count, _ in tables.values())]
            for place, tables in self.tables.items()
        ]
        rows += [[place, "keys", sum(map(len, held.values()))] for place, held in self.keys.items()]
        rows += [[volume, "files", len(tree.digests)] for volume, tree in self.trees.items()]
        recorder.table("held", ["where", "what", "how many"], rows)


def holdings(project: Project, volumes: Sequence[str]) -> Holdings:
    """What the PostgreSQL and Redis services of a running project hold, and these volumes of plain files."""
    found: dict[str, dict[str, Any]] = {
        what: {} for what in ("tables", "sequences", "rights", "roles", "keys")
    }
    for container in project.containers:
        image = str(container.inspected["Config"]["Image"])
        if image.startswith("volops-sample-postgres") and container.state == "running":
            server = postgres.server_of(project, container.service)
            found["roles"][container.service] = server.query(_ROLES)
            for database in server.databases:
                place = f"{container.service}/{database}"
                found["tables"][place] = server.contents(database)
                found["sequences"][place] = server.query(_SEQUENCES, database)
                found["rights"][place] = server.query(_RIGHTS, database)
        if image.startswith("volops-sample-redis") and container.state == "running":
            found["keys"][container.service] = redis.server_of(project, container.service).databases
    return Holdings(**found, trees={volume: live_tree(project, volume) for volume in volumes})
