"""Headless Chromium in a container, by its own protocol over a pipe: what a page shows, says and looks like.

That is the Chrome DevTools Protocol. With `--remote-debugging-pipe` it reads from descriptor 3 and writes to
descriptor 4, JSON with a NUL after each message.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--user-data-dir=/tmp/profile",
)
_SCRIPT = 'exec chromium "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1'


class Browser:
    """One browser of an image with one page; a context manager. It sees the files below a directory.
    `complaints` is what the page wrote to the console as a warning or an error, and every exception in it."""

    def __init__(self, image: str, within: Path) -> None:
        self.complaints: list[str] = []
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []
        self._rest = b""
        there, self._to = os.pipe()
        self._from, back = os.pipe()
        options = ["--rm", "--interactive", "--init", "--network=none", f"--user={os.getuid()}:{os.getgid()}"]
        options += [f"--volume={within}:{within}:ro", "--env=HOME=/tmp"]
        program = ["sh", "-c", _SCRIPT, "browser", *_FLAGS, "about:blank"]
        self._process = subprocess.Popen(
            ["docker", "run", *options, image, *program], stdin=there, stdout=back
        )
        os.close(there)
        os.close(back)
        (page,) = [
            each for each in self._ask("Target.getTargets", "")["targetInfos"] if each["type"] == "page"
        ]
        attached = self._ask("Target.attachToTarget", "", targetId=page["targetId"], flatten=True)
        self._session: str = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        os.close(self._to)
        os.close(self._from)

    def open(self, file: Path, *, width: int, height: int, dark: bool, media: str = "") -> None:
        """Show a file in a window of that size, and wait until it is loaded."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=scheme)
        self._events.clear()
        self.ask("Page.navigate", url=file.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._take()

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        said = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def paper(self) -> bytes:
        """The page as it would be printed, as PDF."""
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=False)["data"])

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to the page, and return its result."""
        return self._ask(method, self._session, **parameters)

    def _ask(self, method: str, session: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._take()).get("id") != number:
            pass
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def _take(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = os.read(self._from, 1 << 20)
            assert chunk, "the browser has gone"
            self._rest += chunk
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._events.append(message)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        method, said = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(said["exceptionDetails"].get("text", "exception"))
        if method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.complaints.append(str([each.get("value") for each in said["args"]]))
        if method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.complaints.append(said["entry"]["text"])
