"""A Lambda Runtime API for one invocation: hands out one event, takes one answer."""

from __future__ import annotations

import http.server
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from dev.engine.ports import HOST


@dataclass
class Invocation:
    """One run of a function; `error` holds what the runtime reported if it failed."""

    event: Any
    timeout_s: float
    arn: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: Any = None
    error: dict[str, Any] | None = None
    started: float = 0.0
    ended: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    def finish(self, answer: Any, error: dict[str, Any] | None) -> None:
        """Take the runtime's report."""
        self.ended = time.monotonic()
        self.answer, self.error = answer, error
        self.done.set()


class RuntimeApi:
    """Serves one invocation on loopback; `address` is what AWS_LAMBDA_RUNTIME_API says."""

    def __init__(self, invocation: Invocation) -> None:
        self._server = http.server.ThreadingHTTPServer((HOST, 0), _handler(invocation))
        self._server.daemon_threads = True
        self.address = f"{HOST}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def _handler(invocation: Invocation) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            """Hand out the event; a second request waits, as it does where no event comes."""
            if invocation.started:
                invocation.done.wait()
                threading.Event().wait()
            invocation.started = time.monotonic()
            deadline = int((time.time() + invocation.timeout_s) * 1000)
            self._reply(
                200,
                invocation.event,
                {
                    "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                    "Lambda-Runtime-Deadline-Ms": str(deadline),
                    "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
                },
            )

        def do_POST(self) -> None:
            """Take the answer or the error."""
            report = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
            self._reply(202, {}, {})
            if self.path.endswith("/error"):
                invocation.finish(None, report)
            else:
                invocation.finish(report, None)

        def _reply(self, status: int, value: Any, headers: dict[str, str]) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            # The runtime client crashes on an answer without a content type.
            always = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            for name, text in {**headers, **always}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing of requests."""

    return Handler
