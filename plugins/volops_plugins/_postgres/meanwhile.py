"""Calls that run beside others, and that nobody has to wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def meanwhile(*calls: Callable[[], Result]) -> list[Future[Result]]:
    """Begin these calls, one after the other, in a thread of their own; the futures are theirs.

    Those of a ThreadPoolExecutor are waited for at the end of its block and of the process: a failure beside
    them, or Ctrl-C, would last as long as they do. Ours wait for programs in a helper, and end with that.
    """
    futures: list[Future[Result]] = [Future() for _ in calls]

    def run() -> None:
        for call, future in zip(calls, futures, strict=True):
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 (raised again where the result is asked for)
                future.set_exception(error)

    Thread(target=run, name="meanwhile", daemon=True).start()
    return futures
