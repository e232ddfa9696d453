"""SDP in, SDP out: the relay's way through the edge, as clients of the upstream know it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, get_type_hints

from aws_lambda_powertools import Logger

from switchboard.domain import limits
from switchboard.domain.errors import Unauthorized, wrong
from switchboard.edge import too_large, validated
from switchboard.http import Bootstrap, Event, Handler, Reply, answering

MEDIA = "application/sdp"


def relay_endpoint(use_case: Callable[..., Any], bootstrap: Bootstrap) -> Handler:
    """Return the Lambda handler of a route that takes a ticket and an SDP offer, and answers 201 with SDP."""
    hints = get_type_hints(use_case)
    deps = bootstrap(get_type_hints(hints["deps"]))
    edge = bootstrap(("settings",))

    def run(event: Event, facts: dict[str, Any]) -> Reply:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        fields = {"ticket": _ticket(headers), "offer": _offer(headers, event)}
        answer = use_case(validated(hints["request"], fields), deps)
        facts.update(answer.model_dump(exclude={"answer"}))
        location = f"/realtime/calls/{answer.call_id}"
        return Reply(201, answer.answer, {"content-type": MEDIA, "location": location})

    return answering(run, edge, Logger(service=use_case.__name__))


def _ticket(headers: dict[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("A ticket is needed, as a bearer token.")
    return token.strip()


def _offer(headers: dict[str, str], event: Event) -> str:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA:
        raise wrong("content-type", f"must be {MEDIA}")
    body: str = event.get("body") or ""
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        offer = raw.decode()
    except ValueError:
        raise wrong("body", "is not UTF-8") from None
    if len(raw) > limits.OFFER_BYTES:
        raise too_large(limits.OFFER_BYTES)
    return offer
