"""One database of a running server in place of another: made beside it, proven, and renamed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from volops import DatabaseTarget, Exchange, InvalidUse, ProducerFailed, RestoreFailed
from volops_plugins._beside import read_text
from volops_plugins._postgres.aiming import Site
from volops_plugins._postgres.loading import ANOTHER_WAY
from volops_plugins._postgres.names import literal, quoted
from volops_plugins._postgres.plain_dump import loadable
from volops_plugins._postgres.proof import count, prove_database
from volops_plugins._postgres.server import Database
from volops_plugins._postgres.session import reason

_LOCKS_EACH = 10
_SINCE_PROVIDERS = 15
_EXCHANGING = "volops exchange"
_SETTLE = f"""
DO $$ BEGIN
    FOR tries IN 1..100 LOOP
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{_EXCHANGING}';
        EXIT WHEN NOT FOUND;
        PERFORM pg_sleep(0.1);
        PERFORM pg_stat_clear_snapshot();
    END LOOP;
END $$;
"""
_UNTOUCHED = "the live database is as it was"
Facts = Mapping[str, Any]


def load(
    site: Site, target: DatabaseTarget, dump: Iterable[bytes], facts: Facts, warn: Callable[[str], None]
) -> str:
    """See `volops.database_type`."""
    exchange, session = target.exchange, site.session
    recorded = next(iter(facts.get("databases", {}).values()), None)
    survey, live = site.survey(exchange), site.live(exchange.live)
    # Sorted and encoded as what was dumped, owned as what is live.
    make = creation(
        exchange.incoming,
        _owner(site, live, recorded, warn),
        recorded or (live.facts if live else {}),
        site.major,
        tablespace=survey["tablespace"],
    )
    session.ask(make, site.apart(exchange))
    relations = len(recorded["rows"]) + len(recorded["sequences"]) if recorded else 0
    # One transaction holds a lock on each object until its end.
    whole = ["--single-transaction"] if relations * _LOCKS_EACH < survey["locks"] else []
    done = session.load(exchange.incoming, loadable(dump), *whole)
    if done.code:
        raise _not_loaded(site, exchange, reason(done.stderr) or f"psql ended with {done.code}")
    session.ask("ANALYZE;", exchange.incoming)
    proven = _proven(site, exchange.incoming, recorded, warn)
    variables = ("-v", f"live={exchange.live}", "-v", f"incoming={exchange.incoming}")
    session.ask(read_text(__package__, "dress.sql"), site.apart(exchange), *variables)
    return proven


def exchange(site: Site, names: Exchange) -> None:
    """See `volops.database_type`."""
    renames = [(names.live, names.kept)] if names.kept else []
    renames.append((names.incoming, names.live))
    lines = [f"ALTER DATABASE {quoted(old)} RENAME TO {quoted(new)};" for old, new in renames]
    # What was loaded did not wait for the disk; this commit is on it, and so is all before it.
    settings = ["SET synchronous_commit = on;", f"SET application_name = {literal(_EXCHANGING)};"]
    statements = "\n".join([*settings, "BEGIN;", *lines, "COMMIT;"])
    try:
        site.session.evicting(statements, site.apart(names), names.live, names.incoming)
    except ProducerFailed as failed:
        who = "SELECT datname, pid, usename, application_name, state FROM pg_stat_activity"
        raise RestoreFailed(
            f"database {names.live!r} cannot be renamed: {failed.message.partition(': ')[2]}",
            next_step=f"see who is connected: {site.command(who)}",
        ) from failed


def discard(site: Site, name: str) -> None:
    """See `volops.database_type`."""
    found = site.live(name)
    if found is None:
        return
    drop = f"ALTER DATABASE {quoted(name)} IS_TEMPLATE false;\n" if found.template else ""
    drop += f"DROP DATABASE IF EXISTS {quoted(name)};"
    site.session.evicting(drop, site.apart(Exchange(name, name, name)), name, name)


def databases(site: Site) -> dict[str, int]:
    """See `volops.database_type`."""
    site.session.ask(_SETTLE, site.apart())
    return {each.name: each.facts["bytes"] or 0 for each in site.session.describe().databases}


def earlier(site: Site, name: str) -> DatabaseTarget:
    """See `volops.database_type`."""
    kept = site.kept(name)
    if not kept:
        raise InvalidUse(
            f"nothing is kept of database {name!r} from before a restore",
            next_step="restore a backup instead, see `volops list`",
        )
    return site.target(name, next(iter(kept)))[0]


def creation(name: str, owner: str, like: Facts, major: int, *, tablespace: str | None = None) -> str:
    """CREATE DATABASE, with encoding and sort order like those that `like` tells of, if it does."""
    words = [f"CREATE DATABASE {quoted(name)} TEMPLATE template0 OWNER {quoted(owner)}"]
    if like:
        words.append(f"ENCODING {literal(like['encoding'])}")
        words.append(f"LC_COLLATE {literal(like['collate'])} LC_CTYPE {literal(like['ctype'])}")
        if major >= _SINCE_PROVIDERS:
            provider, locale = like.get("provider") or "libc", like.get("locale")
            words.append(f"LOCALE_PROVIDER {provider}")
            words += [f"{provider}_LOCALE {literal(locale)}"] if provider != "libc" and locale else []
    if tablespace:
        words.append(f"TABLESPACE {quoted(tablespace)}")
    return " ".join(words) + ";"


def _owner(site: Site, live: Database | None, recorded: Facts | None, warn: Callable[[str], None]) -> str:
    user = str(site.server.facts["user"])
    if live:
        return str(live.facts["owner"])
    if recorded and recorded["owner"] not in site.server.facts["roles"]:
        warn(
            f"role {recorded['owner']!r}, which owned the database, is not there: it belongs to {user!r} now"
        )
        return user
    return str(recorded["owner"]) if recorded else user


def _proven(site: Site, name: str, recorded: Facts | None, warn: Callable[[str], None]) -> str:
    contents = count(site.session, name)
    rows = contents.counted["rows"]
    held = f"{len(rows)} tables with {sum(rows.values())} rows"
    if recorded is None:
        return (
            f"{held}; the dump is complete to its last line and all its statements ran, but no manifest "
            "tells what must be in it"
        )
    there = next(each for each in site.session.describe().databases if each.name == name)
    prove_database(name, contents, there.facts, recorded, warn)
    return (
        f"{held}, {len(contents.counted['sequences'])} sequences, {len(contents.counted['extensions'])} "
        f"extensions, {contents.counted['large_objects']} large objects: as recorded when it was dumped"
    )


def _not_loaded(site: Site, exchange: Exchange, said: str) -> RestoreFailed:
    next_step = f"{_UNTOUCHED}; {ANOTHER_WAY}"
    if missing := re.search(r'role "(.*)" does not exist', said):
        make = site.command(f"CREATE ROLE {quoted(missing[1])}")
        next_step = f"{_UNTOUCHED}; make the role, then run again: {make}"
    elif "restricted" in said:
        next_step = f"{_UNTOUCHED}; the dump tells psql itself to do something, which volops does not let it"
    return RestoreFailed(
        f"the dump of database {exchange.live!r} cannot be loaded: {said}", next_step=next_step
    )
