"""A route on a world: events in, answers out; and what tests of several routes share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from switchboard.http import endpoint
from switchboard.usecases.attach_call import attach_call
from switchboard.usecases.create_session import create_session
from switchboard.usecases.end_session import end_session
from switchboard.usecases.extract_profile import extract_profile
from switchboard.usecases.get_session import get_session
from switchboard.usecases.get_transcript import get_transcript
from switchboard.usecases.renew_session import renew_session

from tests.unit.fakes import World
from tests.unit.given import SESSION_ID


class Edge:
    """A route on a world: send it an event, get status, headers and body."""

    def __init__(self, world: World, use_case: Callable[..., Any], **options: Any) -> None:
        self.handler = endpoint(use_case, lambda names: world, **options)

    def send(
        self, body: Any = None, *, raw: str | None = None, encoded: bool = False, **event: Any
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        text = raw if raw is not None else json.dumps(body) if body is not None else None
        event.setdefault("headers", {"Authorization": "Bearer ann"})
        event = {"requestContext": {"requestId": "req_1"}, "body": text, "isBase64Encoded": encoded, **event}
        reply = self.handler(event, None)
        assert reply["isBase64Encoded"] is False
        return reply["statusCode"], reply["headers"], json.loads(reply["body"])

    def code(self, body: Any = None, **event: Any) -> tuple[int, str]:
        status, _, answer = self.send(body, **event)
        return status, answer["error"]["code"]


ROUTES: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (create_session, {"body": {"reset": SESSION_ID}}),
    (attach_call, {"body": {"sessionId": SESSION_ID, "callId": "rtc_1"}}),
    (renew_session, {"body": {"sessionId": SESSION_ID}}),
    (extract_profile, {"body": {"sessionId": SESSION_ID}}),
    (get_session, {"pathParameters": {"sessionId": SESSION_ID}}),
    (get_transcript, {"pathParameters": {"sessionId": SESSION_ID}}),
    (end_session, {"pathParameters": {"sessionId": SESSION_ID}}),
]
