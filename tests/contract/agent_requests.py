"""Requests to the agent's routes, and the one shape of their errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import jwt

from tests.contract.agent_site import SIGNS_TOKENS, Site, now

ROUTES = [("GET", "/agent/history"), ("DELETE", "/agent/history"), ("POST", "/agent/query")]


def token(subject: str, secret: str = SIGNS_TOKENS) -> dict[str, str]:
    """Return the header of a token that says who asks."""
    claims = {"sub": subject, "aud": "authenticated", "exp": now() + timedelta(minutes=5)}
    return {"authorization": f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"}


def error(answer: httpx.Response) -> Any:
    """Return the code of an error, which must have the shape of every error."""
    body = answer.json()
    assert set(body) == {"error"}
    assert {"code", "message", "request_id"} <= set(body["error"])
    return body["error"]["code"]


async def call(site: Site, method: str, path: str, session_id: str, **options: Any) -> httpx.Response:
    """Ask one of `ROUTES` about a session."""
    if method == "POST":
        return await site.http.post(path, json={"query": "hi", "session_id": session_id}, **options)
    return await site.http.request(method, path, params={"session_id": session_id}, **options)
