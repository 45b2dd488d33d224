"""What a container does before it serves: wait for the database, migrate, collect static files."""

import logging
import time

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

log = logging.getLogger(__name__)

PATIENCE = 60.0
PAUSE = 0.25


def wait_for_database(patience: float = PATIENCE) -> None:
    """Return once a connection is made; raise CommandError after `patience` seconds without one."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as error:
            if time.monotonic() > deadline:
                raise CommandError(f"the database does not answer: {error}") from error
            time.sleep(PAUSE)


class Command(BaseCommand):
    help = "Wait for the database, apply migrations, collect static files."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        wait_for_database()
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        call_command("collectstatic", interactive=False, verbosity=options["verbosity"])
        log.info("database migrated, static files collected")
