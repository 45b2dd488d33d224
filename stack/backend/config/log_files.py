"""Where the application logs to."""

import logging.handlers
import os
from pathlib import Path
from typing import Any


class LogFile(logging.handlers.WatchedFileHandler):
    """Follows the file when it is rotated, and gives up quietly where it cannot be made again.

    Someone may clear the logs while the application runs; the console has every line too.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.stream = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """A line that could not be written must not disturb the request it is about."""


def logging_to(file: Path) -> dict[str, Any]:
    """Logging to the console, and to `file` too where it can be written.

    The directory is bind-mounted from the host, so it may belong to anyone.
    """
    handlers: dict[str, Any] = {"console": {"class": "logging.StreamHandler", "formatter": "line"}}
    if os.access(file if file.exists() else file.parent, os.W_OK):
        handlers["file"] = {
            "class": "config.log_files.LogFile",
            "filename": file,
            "formatter": "line",
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
