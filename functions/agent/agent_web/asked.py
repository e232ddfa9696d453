"""One request: who asks, what for, and how its answer looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from switchboard.agent import limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.principal import Guest, Principal
from switchboard.edge import GUEST_HEADER, guest_cookie, read_cookie, read_object, shown
from switchboard.web import Facts, peer_of, read_body

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
    principal: Principal
    facts: Facts

    def headers(self) -> dict[str, str]:
        """Return the headers that every answer carries; a guest who is new learns who they are."""
        headers = self.web.front.headers(self.http)
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
        return read_object(await read_body(self.http, limits.BODY_BYTES), limits.BODY_BYTES)


def asking(web: Web, work: Work) -> Callable[[Request, Facts], Awaitable[Response]]:
    """Return the work of an endpoint: it resolves who asks first."""

    async def answer(http: Request, facts: Facts) -> Response:
        facts["route"] = http.url.path
        who = shown(http.headers, peer_of(http), web.settings.allowed_origin)
        principal = await _principal(web, who)
        facts["owner"] = principal.owner
        return await work(Asked(web, http, principal, facts))

    return answer


async def _principal(web: Web, who: Credentials) -> Principal:
    """Return who asks. A user's token may have to be asked about elsewhere, which must stop nobody else."""
    if who.bearer is None and USERS_COOKIE not in who.cookie:
        return web.identity.resolve(who)
    return await run_in_threadpool(web.identity.resolve, who)
