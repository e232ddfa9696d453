"""A server that answers at once what functions ask of AWS and of OpenAI when they first run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# An operation's answer, by its name in X-Amz-Target or at the end of the path; any other gets {}.
ANSWERS: dict[str, dict[str, Any]] = {
    "Query": {"Items": [], "Count": 0},
    "Encrypt": {"CiphertextBlob": "c2VhbGVk", "KeyId": "key"},
    "GetSecretValue": {"Name": "secret", "SecretString": "a secret of 32 bytes, for the bench"},
    "SendMessage": {"MessageId": "1", "MD5OfMessageBody": ""},
    "client_secrets": {"value": "ek_bench", "expires_at": 4_000_000_000, "session": {"id": "sess_upstream"}},
}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer by the operation's name."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        name = (self.headers.get("x-amz-target") or self.path).replace("/", ".").rpartition(".")[2]
        body = json.dumps(ANSWERS.get(name, {})).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[str]:
    """Yield the server's URL while it runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
