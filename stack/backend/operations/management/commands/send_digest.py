"""Empties the queue of news into one digest."""

from collections import Counter

from django.core.management.base import BaseCommand, CommandParser

from operations.notices import take


class Command(BaseCommand):
    help = "Take the news from the queue and print them as the digest mail would say them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--most", type=int, default=1000, help="at most so many")

    def handle(self, *args: object, **options: int) -> None:
        news = Counter(item["event"] for item in take(options["most"]))
        for event, times in sorted(news.items()):
            self.stdout.write(f"{times} × {event}")
        if not news:
            self.stdout.write("No news.")
