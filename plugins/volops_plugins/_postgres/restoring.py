"""A cluster made anew from a backup, in the staging area of its volume, and proven there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from concurrent import futures
from threading import Semaphore

from volops import Artifact, Staging
from volops_plugins._postgres.analysing import Analysing, large_tables
from volops_plugins._postgres.image import Image, data_directory, inspect
from volops_plugins._postgres.loading import load_contents, load_database, load_globals, main_database
from volops_plugins._postgres.meanwhile import meanwhile
from volops_plugins._postgres.names import literal, quoted
from volops_plugins._postgres.plain_dump import loadable
from volops_plugins._postgres.proof import prove
from volops_plugins._postgres.replacing import creation
from volops_plugins._postgres.settings import Settings, preloaded
from volops_plugins._postgres.throwaway import NotStarted, Throwaway, initial

TAR = "application/x-tar"
_ANALYSING_AT_ONCE = 4
"""Sessions beside the one that loads, of the few that the throwaway server has room for."""


class Restoring:
    """One cluster in one staging area."""

    def __init__(self, staging: Staging) -> None:
        """Look at the image. Raises RestoreRefused when it can run no server for this volume."""
        self._staging, self._facts = staging, staging.facts
        self._image: Image = inspect(staging)
        data = data_directory(staging, self._image)
        facts = self._facts["server"]
        self._superuser = str(facts.get("bootstrap") or facts["user"])
        self._shell = staging.service()
        preload = preloaded(staging.command) or str(facts.get("preload", ""))
        relations = max(
            len(each["rows"]) + len(each["sequences"]) for each in self._facts["databases"].values()
        )
        self._server = Throwaway(
            self._shell, self._image, data, self._superuser, preload=preload, relations=relations
        )
        self._settings = Settings(staging, self._image, data, self._server)

    def load(self, artifacts: Iterator[Artifact]) -> None:
        """Make the cluster, load roles and databases, have them analysed, put the configuration files into
        place. Raises RestoreFailed with what a program said."""
        databases = self._facts["databases"]
        checksums = bool(self._facts["server"]["data_checksums"])
        arguments = initial(main_database(databases), checksums, self._image.major)
        self._server.initialise(self._staging.target, *arguments)
        names = {each["artifact"]: name for name, each in databases.items()}
        analysing: list[Analysing] = []
        turns = Semaphore(_ANALYSING_AT_ONCE)
        with self._server.running(), self._opening_tree():
            self._make_tablespaces()
            for artifact in artifacts:
                if artifact.media_type == TAR:
                    self._settings.unpack(artifact.stream)
                elif artifact.name in names:
                    analysing.append(self._load_database(names[artifact.name], artifact.stream, turns))
                else:
                    load_globals(self._server, b"".join(artifact.stream), self._superuser)
            for each in analysing:
                each.wait()
        self._settings.put()

    def _load_database(self, name: str, stream: Iterator[bytes], turns: Semaphore) -> Analysing:
        large = large_tables(self._facts["databases"][name])
        # Where loading fails nobody tells it to end: it does with the helper.
        analysing = Analysing(self._server, name, turns)
        load_database(self._server, name, stream, large, analysing.told)
        analysing.end()
        return analysing

    @contextlib.contextmanager
    def _opening_tree(self) -> Iterator[None]:
        """The helper in which the configuration files are unpacked starts while rows are loaded."""
        opening = meanwhile(self._staging.tree)
        try:
            yield
        finally:
            # Before it is there it cannot be ended with the others.
            futures.wait(opening)

    @contextlib.contextmanager
    def serving(self, database: str, dump: Iterable[bytes]) -> Iterator[Throwaway]:
        """A server that has this database, loaded and nothing else done, until the block ends. The roles that
        its objects belong to are there, without their rights. Raises RestoreFailed."""
        recorded, server = self._facts["databases"][database], self._server
        arguments = initial(recorded, False, self._image.major)
        server.initialise(self._staging.target, *arguments)
        with server.running():
            self._make_tablespaces()
            roles = set(self._facts["server"]["roles"]) - {self._superuser}
            statements = [f"CREATE ROLE {quoted(role)};" for role in sorted(roles)]
            places = self._facts["server"].get("tablespaces", {}).items()
            statements += [f"CREATE TABLESPACE {quoted(name)} LOCATION {literal(at)};" for name, at in places]
            if database not in ("postgres", "template1"):
                statements.append(creation(database, self._superuser, recorded, self._image.major))
            server.ask("\n".join(statements), "template1")
            load_contents(server, database, loadable(dump))
            yield server

    def check(self) -> None:
        """Start the server once more, with the restored configuration files, and compare it with the facts.

        Raises CheckFailed.
        """
        try:
            with self._server.running(restored=True):
                prove(self._server, self._facts, self._staging.warn)
        except NotStarted as error:
            self._staging.warn(f"the restored configuration files could not be tried: {error.message}")
            with self._settings.away(), self._server.running():
                prove(self._server, self._facts, self._staging.warn)

    def _make_tablespaces(self) -> None:
        script = 'mkdir -p "$1"; chown "$2" "$1"; chmod 0700 "$1"'
        for place in self._facts["server"].get("tablespaces", {}).values():
            self._shell.run("sh", "-euc", script, "tablespace", place, self._image.user)
