"""What web applications share: one log line a request, errors of one shape, preflights, bodies, health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from json import loads
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from switchboard.domain.errors import NotFound, SwitchboardError
from switchboard.domain.origins import cors, preflight
from switchboard.domain.ports.surroundings import NewId
from switchboard.edge import crash, failure, too_large

Facts = dict[str, Any]
"""What the log line of a request tells; it has the `request_id` from the first."""
Work = Callable[[Request, Facts], Awaitable[Response]]
"""Answers a request, and adds to its facts. May raise any error."""
Answering = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Front:
    """How an application meets whoever asks; `allowed` are the origins whose pages may read its answers."""

    allowed: str
    new_id: NewId
    log: Any

    def answering(self, work: Work) -> Answering:
        """Return the endpoint that does this work: it words errors, and logs one line."""

        async def answer(http: Request) -> Response:
            began = perf_counter()
            facts: Facts = {"request_id": self._request_id(http)}
            try:
                response = await work(http, facts)
            except SwitchboardError as error:
                facts["code"] = error.code
                response = self._failed(http, error, facts["request_id"])
            except Exception as error:
                self.log.exception("request.crashed", extra={"request_id": facts["request_id"]})
                facts["code"] = type(error).__name__
                response = self._failed(http, crash(), facts["request_id"])
            milliseconds = round((perf_counter() - began) * 1000, 1)
            self.log.info("request", extra={**facts, "status": response.status_code, "ms": milliseconds})
            return response

        return answer

    def headers(self, http: Request) -> dict[str, str]:
        """Return the headers that every answer carries."""
        return {"cache-control": "no-store", **cors(self.allowed, http.headers.get("origin"))}

    async def preflight(self, http: Request) -> Response:
        """Answer a browser that asks before it asks."""
        return Response(None, 204, dict(preflight(self.allowed, http.headers.get("origin"))))

    async def no_route(self, http: Request, _: Exception) -> Response:
        """Answer what the framework itself refuses: as API Gateway does, whatever path or method it is."""
        return self._failed(http, NotFound("There is no such route."), self._request_id(http))

    def _failed(self, http: Request, error: SwitchboardError, request_id: str) -> Response:
        status, headers, body = failure(error, request_id)
        return Response(body, status, {**headers, **self.headers(http)}, "application/json")

    def _request_id(self, http: Request) -> str:
        """Return API Gateway's id of the request, by whichever way it comes; one of our own without it."""
        found = _gateway_says(http).get("requestId")
        return found if isinstance(found, str) and found else self.new_id("req_")


def address_of(http: Request) -> str:
    """Return where a request comes from: what API Gateway saw, or whoever has connected to us."""
    identity = _gateway_says(http).get("identity")
    found = identity.get("sourceIp") if isinstance(identity, dict) else None
    if isinstance(found, str) and found:
        return found
    return peer_of(http)


def peer_of(http: Request) -> str:
    """Return who has connected to us; what API Gateway is said to have seen is not asked."""
    return http.client.host if http.client else ""


def _gateway_says(http: Request) -> dict[str, Any]:
    """Return what API Gateway says of a request; the adapter passes it on in a header that is its own."""
    try:
        passed_on = loads(http.headers.get("x-amzn-request-context", "{}"))
    except (ValueError, RecursionError):
        passed_on = {}
    found = (http.scope.get("aws.event") or {}).get("requestContext", passed_on)
    return found if isinstance(found, dict) else {}


async def read_body(http: Request, most: int) -> bytes:
    """Return the body. Raise PayloadTooLarge as soon as it has more than so many bytes."""
    raw = bytearray()
    async for chunk in http.stream():
        raw += chunk
        if len(raw) > most:
            raise too_large(most)
    return bytes(raw)


async def health(_: Request) -> Response:
    """Say that the process serves: for the Lambda Web Adapter and the local launcher."""
    return Response('{"status":"ok"}', media_type="application/json")
