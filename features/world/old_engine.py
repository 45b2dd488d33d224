"""Something that answers as an engine of years ago would."""

from __future__ import annotations

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

_VERSION = {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux"}
_REFUSAL = {"message": "client version 1.45 is too new. Maximum supported API version is 1.41"}


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path in ("/version", "/_ping") or self.path.startswith("/v1.41/")
        body = json.dumps(_VERSION if known else _REFUSAL).encode()
        self.send_response(200 if known else 400)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class OldEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves on a socket at `path` until `close`."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Answers)
        self.address = f"unix://{path}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()
