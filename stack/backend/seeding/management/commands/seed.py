"""`manage.py seed`: fills the application with data, as if it had been used for two years."""

import time

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from fieldnotes.models import Place
from seeding.analytics import add_analytics
from seeding.journal import add_gazetteer, add_sightings
from seeding.library import add_library
from seeding.memory import add_memory
from seeding.people import DEMO, MEMBERS_PASSWORD, add_people

MIB = 1024 * 1024
FEWEST_USERS = 20


class Command(BaseCommand):
    help = "Fill the database, the media volume and Redis. Adds only what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=20251025, help="decides every chance")
        parser.add_argument("--users", type=int, default=500, help="members to have")
        parser.add_argument("--uploads-mb", type=int, default=100, help="MiB of uploads to have")

    def handle(self, *args: object, **options: int) -> None:
        seed, users, megabytes = options["seed"], options["users"], options["uploads_mb"]
        if users < FEWEST_USERS or megabytes < 1:
            raise CommandError(f"at least {FEWEST_USERS} users and 1 MiB of uploads, please")
        started = time.monotonic()
        with transaction.atomic():
            add_gazetteer()
            people = add_people(seed, users, list(Place.objects.order_by("pk")))
            sightings = add_sightings(seed)
        self._say(f"database: {people} users and {sightings} sightings added")
        self._say(f"analytics: {add_analytics(seed)} rows added, role reporting may read them")
        files, size = add_library(seed, megabytes * MIB)
        self._say(f"media: {files} files added, {size / MIB:.1f} MiB in all")
        self._say(f"redis: {add_memory(seed)} keys")
        self._say(
            f"done in {time.monotonic() - started:.1f} s; sign in as {DEMO}/{DEMO}, "
            f"or as any member with the password {MEMBERS_PASSWORD}"
        )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
