"""Somebody's site, on an origin of its own: it serves clients as they are, and pages that use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CLIENT = Path(__file__).parents[2] / "clients" / "js"
AGENTS = Path(__file__).parent / "node_modules/@openai/agents-realtime"
PAGE = b"""<!doctype html>
<title>somebody's page</title>
<script type="importmap">{"imports": {"@switchboard/client": "/client/index.js"}}</script>
<audio autoplay></audio>
"""
FOLDERS = {"client": CLIENT, "agents": AGENTS / "dist" / "bundle"}
"""By the first part of a path. Scripts alone are served of them."""
KINDS = {".js": "text/javascript", ".mjs": "text/javascript"}


class Site(ThreadingHTTPServer):
    """`pages` are HTML by path. They must come from here: Chromium lets no page of nowhere call loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {"/": PAGE}

    @property
    def address(self) -> str:
        """Where it is. By another name than the API's, it is another site to a browser."""
        return f"http://localhost:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Answers with a page, a folder's script, or nothing."""

    server: Site

    def do_GET(self) -> None:
        """Answer with a file, or with nothing."""
        page = self.server.pages.get(self.path)
        _, folder, name = [*self.path.split("/", 2), "", ""][:3]
        file = FOLDERS.get(folder, CLIENT) / name
        if page is not None:
            self._answer(200, "text/html", page)
        elif folder in FOLDERS and file.suffix in KINDS and ".." not in name and file.is_file():
            self._answer(200, KINDS[file.suffix], file.read_bytes())
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
def site() -> Iterator[Site]:
    """Serve it."""
    with Site() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
