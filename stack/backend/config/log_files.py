"""Where the application logs to."""

import os
from pathlib import Path
from typing import Any


def logging_to(file: Path) -> dict[str, Any]:
    """Logging to the console, and to `file` too where it can be written.

    The directory is bind-mounted from the host, so it may belong to anyone.
    """
    handlers: dict[str, Any] = {"console": {"class": "logging.StreamHandler", "formatter": "line"}}
    if os.access(file if file.exists() else file.parent, os.W_OK):
        handlers["file"] = {
            "class": "logging.handlers.WatchedFileHandler",
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
