"""Somebody's site, on an origin of its own: it serves the client, and a page that uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CLIENT = Path(__file__).parents[2] / "clients" / "js"
PAGE = b"""<!doctype html>
<title>somebody's page</title>
<script type="importmap">{"imports": {"@switchboard/client": "/client/index.js"}}</script>
<audio autoplay></audio>
"""


class Handler(BaseHTTPRequestHandler):
    """`/` is the page, `/client/…` the client's files."""

    def do_GET(self) -> None:
        """Answer with a file, or with nothing."""
        file = CLIENT / self.path.removeprefix("/client/")
        if self.path == "/":
            self._answer(200, "text/html", PAGE)
        elif self.path.startswith("/client/") and file.suffix == ".js" and ".." not in self.path:
            self._answer(200, "text/javascript", file.read_bytes())
        else:
            self._answer(404, "text/plain", b"")

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests' output is theirs."""

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def site() -> Iterator[str]:
    """Serve it; yield its address. By another name than the API's, it is another site to a browser."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()
