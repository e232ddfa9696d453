"""One request: who asks, what for, and how its answer, its errors and its log line look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from json import loads
from time import perf_counter
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from switchboard.agent import limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import SwitchboardError
from switchboard.domain.principal import Guest, Principal
from switchboard.edge import (
    GUEST_HEADER,
    cors,
    crash,
    failure,
    guest_cookie,
    read_cookie,
    read_object,
    shown,
    too_large,
)

from agent_web.wiring import Web

SESSION_COOKIE = "session_id"
USERS_COOKIE = "-auth-token"
"""What the names of the cookies have in common that hold a user's token."""
Work = Callable[["Asked"], Awaitable[Response]]


@dataclass
class Asked:
    """A request whose principal is known. `facts` become its log line."""

    web: Web
    http: Request
    request_id: str
    principal: Principal
    facts: dict[str, Any] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """Return the headers that every answer carries; a guest who is new learns who they are."""
        headers = {
            "cache-control": "no-store",
            **cors(self.web.settings.allowed_origin, self.http.headers.get("origin")),
        }
        if isinstance(self.principal, Guest) and self.principal.fresh:
            token = self.web.identity.guest_token(self.principal)
            headers[GUEST_HEADER] = token
            headers["set-cookie"] = guest_cookie(token, self.web.settings)
        return headers

    def answer(self, body: BaseModel, status: int = 200) -> Response:
        """Return a JSON answer."""
        return Response(body.model_dump_json(), status, self.headers(), "application/json")

    def with_session(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the fields; where they name no session, the cookie does."""
        if fields.get("session_id") is None:
            found = read_cookie(self.http.headers.get("cookie", ""), SESSION_COOKIE)
            return {**fields, **({"session_id": found} if found else {})}
        return fields

    async def body(self) -> dict[str, Any]:
        """Return the JSON object of the body. Raise InvalidRequest, PayloadTooLarge."""
        raw = bytearray()
        async for chunk in self.http.stream():
            raw += chunk
            if len(raw) > limits.BODY_BYTES:
                raise too_large(limits.BODY_BYTES)
        return read_object(bytes(raw), limits.BODY_BYTES)


def answering(web: Web, work: Work) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that does this work: it resolves who asks, words errors, and logs one line."""

    async def endpoint(request: Request) -> Response:
        began = perf_counter()
        request_id = _request_id(request, web)
        facts: dict[str, Any] = {"request_id": request_id, "route": request.url.path}
        try:
            address = request.client.host if request.client else ""
            principal = await _principal(web, shown(request.headers, address, web.settings.allowed_origin))
            facts["owner"] = principal.owner
            response = await work(Asked(web, request, request_id, principal, facts))
        except SwitchboardError as error:
            facts["code"] = error.code
            response = failed(web, error, request_id, request.headers.get("origin"))
        except Exception as error:
            web.log.exception("request.crashed", extra={"request_id": request_id})
            facts["code"] = type(error).__name__
            response = failed(web, crash(), request_id, request.headers.get("origin"))
        facts["ms"] = round((perf_counter() - began) * 1000, 1)
        web.log.info("request", extra={**facts, "status": response.status_code})
        return response

    return endpoint


def failed(web: Web, error: SwitchboardError, request_id: str, origin: str | None) -> Response:
    """Return the answer that tells of an error."""
    status, headers, body = failure(error, request_id)
    headers |= {"cache-control": "no-store", **cors(web.settings.allowed_origin, origin)}
    return Response(body, status, headers, "application/json")


async def _principal(web: Web, who: Credentials) -> Principal:
    """Return who asks. A user's token may have to be asked about elsewhere, which must stop nobody else."""
    if who.bearer is None and USERS_COOKIE not in who.cookie:
        return web.identity.resolve(who)
    return await run_in_threadpool(web.identity.resolve, who)


def _request_id(request: Request, web: Web) -> str:
    """Return API Gateway's id of the request, by whichever way it comes; one of our own without it."""
    event = request.scope.get("aws.event")
    try:
        passed_on = loads(request.headers.get("x-amzn-request-context", "{}"))
        found = (event or {}).get("requestContext", passed_on).get("requestId")
    except (ValueError, AttributeError):
        found = None
    return found if isinstance(found, str) and found else web.new_id("req_")
