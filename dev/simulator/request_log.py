"""The last requests, credentials reduced to fingerprints."""

from collections import deque

from aiohttp import web

from dev.simulator import limits
from dev.simulator.credentials import fingerprint, presented
from dev.simulator.exchange import BODY, LEFT_EARLY
from dev.simulator.wire import Json

_SHOWN = (
    "Content-Type",
    "OpenAI-Beta",
    "OpenAI-Safety-Identifier",
    "User-Agent",
    "X-Stainless-Retry-Count",
    "X-Simulator-Script",
    "Idempotency-Key",
)


class RequestLog:
    """A bounded list of what was asked, oldest first out."""

    def __init__(self, capacity: int) -> None:
        self._entries: deque[Json] = deque(maxlen=capacity)

    def record(
        self, request: web.Request, *, at: float, status: int, seconds: float, request_id: str
    ) -> None:
        """Remember a request once it is answered; a JSON body is kept if it is small."""
        credential = presented(request.headers)
        entry: Json = {
            "at": at,
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "request_id": request_id,
            "credential": fingerprint(credential) if credential else None,
            "headers": {name: request.headers[name] for name in _SHOWN if name in request.headers},
        }
        if LEFT_EARLY in request:
            entry["left_early"] = True
        body: bytes | None = request.get(BODY)
        if body is not None:
            entry["bytes"] = len(body)
            entry["body"] = body.decode(errors="replace") if len(body) <= limits.MAX_LOGGED_BODY else None
        self._entries.append(entry)

    def list(self) -> "list[Json]":
        return list(self._entries)

    def clear(self) -> None:
        self._entries.clear()
