"""A server of tools for tests, as an application would run one: HTTP and MCP, and nothing done twice."""

from __future__ import annotations

import hmac
import json
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SIGNING = "signing-secret-of-the-test"
TOKEN = "token-of-the-test"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTION = "shop-book"


@dataclass
class Shop:
    """What was asked of it, and whether it answers: while `open` is not set, it lets everybody wait."""

    url: str = ""
    asked: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)

    def of_session(self, session_id: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Return (tool, arguments, context) of what a session has had done."""
        return [entry for entry in self.asked if entry[2]["sessionId"] == session_id]

    def write_configuration(self, path: Path) -> None:
        """Write the tools down; services may use them, and guests one."""
        common = {"parameters": PARAMETERS, "for": ["service"], "timeout": 8, "max_output": 200}
        tools = {
            "weather": {"description": "Tells the weather.", **common, "http": self._http("weather")},
            "book": {"description": "Books a room.", **common, "lambda": {"function": FUNCTION}},
            "search": {
                "description": "Searches the manual.",
                **common,
                "mcp": {"url": f"{self.url}/mcp", "tool": "find", "token": "${shop_token}"},
            },
            "patient": {"description": "Takes its time.", **common, "timeout": 1, "http": self._http("slow")},
            "broken": {"description": "Fails.", **common, "http": self._http("broken")},
            "chatty": {"description": "Says much.", **common, "http": self._http("chatty")},
        }
        path.write_text(json.dumps(tools))

    def secrets(self) -> str:
        """Return what the hosts need to know."""
        return json.dumps({"signing": SIGNING, "shop_token": TOKEN})

    def _http(self, path: str) -> dict[str, Any]:
        return {"url": f"{self.url}/{path}", "headers": {"authorization": "Bearer ${shop_token}"}}


@contextmanager
def shop() -> Iterator[Shop]:
    """Run a shop on a port of its own."""
    made = Shop()
    made.open.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        made.open.set()
        server.shutdown()
        server.server_close()


def _handler(made: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.headers.get("authorization") != f"Bearer {TOKEN}":
                made.forged.append(self.path)
                return self._answer(401, b"{}")
            if self.path == "/mcp":
                return self._answer(200, _mcp(made, json.loads(body)))
            if not self._is_signed(body):
                made.forged.append(self.path)
                return self._answer(403, b"{}")
            context = json.loads(urlsafe_b64decode(self.headers["x-switchboard-context"]))
            made.asked.append((context["tool"], json.loads(body), context))
            if self.path == "/slow" or not made.open.is_set():
                made.open.wait(10) if self.path != "/slow" else threading.Event().wait(3)
            status = 500 if self.path == "/broken" else 200
            words = "word " * 500 if self.path == "/chatty" else f"It rains in {json.loads(body)['city']}."
            return self._answer(status, words.encode())

        def _is_signed(self, body: bytes) -> bool:
            stamp, _, signature = self.headers.get("x-switchboard-signature", "").partition(",")
            at, told = stamp.removeprefix("t="), self.headers.get("x-switchboard-context", "")
            signed = "\n".join((at, self.command, self.path, told, "")).encode() + body
            expected = hmac.new(SIGNING.encode(), signed, sha256).hexdigest()
            return hmac.compare_digest(f"v1={expected}", signature)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _mcp(made: Shop, message: dict[str, Any]) -> bytes:
    if "id" not in message:
        return b""
    result: dict[str, Any] = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {}}
    if message["method"] == "tools/call":
        params = message["params"]
        made.asked.append((params["name"], params["arguments"], params["_meta"]["switchboard/context"]))
        text = f"Page 7 tells of {params['arguments']['city']}."
        result = {"content": [{"type": "text", "text": text}]}
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
