"""One call of `volops`: its global options, and what they lead to, opened when first needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from volops.cli.output import Output
from volops.errors import NoComposeFile, VolopsError

if TYPE_CHECKING:
    from volops.catalog import Catalog, Entry
    from volops.compose import Compose, ComposeOptions
    from volops.model import Stack
    from volops.workspace import Workspace


class Invocation:
    """Filled by the option parser, read by the verbs. Everything heavy is imported when it is used."""

    def __init__(self) -> None:
        self.json = False
        self.quiet = False
        self.backups = ""
        self._compose_options: Mapping[str, Any] = {}

    def adopt(self, options: Mapping[str, Any]) -> None:
        """Take the global options, by the names of their parameters."""
        ours = ("json", "quiet", "backups")
        self.json, self.quiet, self.backups = (options[name] for name in ours)
        self._compose_options = {name: value for name, value in options.items() if name not in ours}

    @cached_property
    def output(self) -> Output:
        """Where this run prints; asked for only after all options are read."""
        return Output(json=self.json, quiet=self.quiet)

    @property
    def options(self) -> ComposeOptions:
        """The options that are compose's."""
        from volops.compose import ComposeOptions

        return ComposeOptions(**self._compose_options)

    @property
    def location(self) -> str:
        """Where backups are, as given by `--backups` or VOLOPS_BACKUPS; a path is one below the working
        directory. Empty when neither is given."""
        elsewhere = not self.backups or "://" in self.backups
        return self.backups if elsewhere else str(Path.cwd() / Path(self.backups).expanduser())

    @cached_property
    def stack(self) -> Stack:
        """The project, read once; compose's warnings about it are printed."""
        from volops.compose import load_stack

        return self._warned(load_stack(self.options))

    @cached_property
    def compose(self) -> Compose:
        """The project's lifecycle verbs. Compose itself prints its warnings when they run."""
        from volops.compose import Compose, load_stack

        return Compose(self.options, load_stack(self.options))

    @cached_property
    def workspace(self) -> Workspace:
        """The project with its engine, settings, plugins and catalog."""
        from concurrent.futures import ThreadPoolExecutor

        from volops.compose import load_stack

        with ThreadPoolExecutor(1) as pool:
            # Compose takes about as long to answer as the import of all else.
            reading = pool.submit(load_stack, self.options)
            from volops.workspace import open_workspace

            workspace = open_workspace(self.options, self.location, reading)
        self._warned(workspace.stack)
        for line in workspace.recovered:
            self.output.warn(line)
        return workspace

    @cached_property
    def catalog(self) -> Catalog:
        """The backups. Needs no engine, and with `--backups` no compose file: `latest` is then the newest
        of all projects instead of this one's.
        """
        from volops.catalog import Catalog
        from volops.store import LocalStore

        location = self.location
        if not location:
            from volops.config import load_settings

            settings = load_settings(self.stack)
            location = settings.store or str(settings.backups)
        if "://" not in location:
            return Catalog(LocalStore(Path(location)), self._project())
        from volops.plugins import discover, open_store

        return Catalog(open_store(discover(bundled=False), location), self._project())

    def backup(self, reference: str, catalog: Catalog | None = None) -> Entry:
        """The backup that somebody means, by default of this run's catalog; with a warning when `latest` is
        not the newest, since that is known to be bad. Raises what `Catalog.find` does."""
        catalog = catalog or self._catalog_for(reference)
        found = catalog.find(reference)
        if reference == "latest":
            for bad in catalog.passed_over():
                newer = f"{bad.name} is newer and NOT GOOD, as `volops verify` found"
                self.output.warn(f"{newer}: taking {found.name}")
        return found

    def _catalog_for(self, reference: str) -> Catalog:
        """As `catalog`; where there is no project, that of the directory which a path leads to."""
        try:
            return self.catalog
        except NoComposeFile:
            path = Path(reference).absolute()
            if not path.exists():
                raise
            from volops.catalog import Catalog
            from volops.store import LocalStore

            self.catalog = Catalog(LocalStore(path.parent), "")
            return self.catalog

    def volops(self, *arguments: str) -> int:
        """Run another verb on the same project and backups as a process of its own; return its exit code."""
        argv = [sys.executable, "-m", "volops", *self.options.argv()[2:]]
        argv += ["--backups", self.location] if self.location else []
        argv += ["--quiet"] if self.quiet or self.json else []
        # One object is all that a program may find on standard output.
        return subprocess.run([*argv, *arguments], stdout=2 if self.json else None, check=False).returncode

    def _project(self) -> str:
        try:
            return self.stack.project
        except VolopsError:
            return ""

    def _warned(self, stack: Stack) -> Stack:
        for warning in stack.warnings:
            self.output.warn(warning)
        return stack
