"""For all tests, wherever they are started from."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """A shell has its background jobs ignore SIGINT, and nohup SIGHUP. What they start would inherit that,
    and no test could see what a signal does."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
