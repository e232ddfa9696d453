"""The relay's route: an SDP offer in, an answer out; what is no ticket or no offer is refused."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest
from switchboard.domain import limits
from switchboard.relay_http import relay_endpoint
from switchboard.usecases.relay_call import RelayCall, relay_call

from tests.unit.fakes import World
from tests.unit.relaying import OFFER, create


def send(
    world: World, ticket: str | None, body: str = OFFER, **event: Any
) -> tuple[int, dict[str, str], str]:
    headers = {"Content-Type": "application/sdp", **({"Authorization": f"Bearer {ticket}"} if ticket else {})}
    handler = relay_endpoint(relay_call, lambda names: world)
    sent = {"requestContext": {"requestId": "req_1"}, "headers": headers, "body": body, **event}
    reply = handler(sent, None)
    return reply["statusCode"], reply["headers"], reply["body"]


def test_the_route_answers_with_sdp_and_the_calls_place(world: World) -> None:
    status, headers, body = send(world, create(world).client_secret)
    assert (status, body) == (201, "v=0\r\nanswer\r\n")
    assert headers["content-type"] == "application/sdp"
    assert headers["location"] == "/realtime/calls/rtc_1"
    assert "location" in headers["access-control-expose-headers"]
    assert headers["access-control-allow-origin"] == "*"


def test_an_offer_may_come_in_base64_and_with_parameters_of_its_type(world: World) -> None:
    ticket = create(world).client_secret
    headers = {"content-type": "application/SDP; charset=utf-8", "authorization": f"bearer {ticket}"}
    raw = base64.b64encode(OFFER.encode()).decode()
    assert send(world, None, raw, headers=headers, isBase64Encoded=True)[0] == 201
    assert world.upstream.placed[0][0] == OFFER


@pytest.mark.parametrize(
    ("ticket", "body", "event", "status", "code"),
    [
        (None, OFFER, {}, 401, "unauthorized"),
        ("ek_unknown", OFFER, {}, 401, "unauthorized"),
        ("x" * 300, OFFER, {}, 400, "invalid_request"),
        ("ek_unknown", "", {}, 400, "invalid_request"),
        ("ek_unknown", "{}", {}, 400, "invalid_request"),
        ("ek_unknown", OFFER + "a" * limits.OFFER_BYTES, {}, 413, "payload_too_large"),
        ("ek_unknown", "%%%", {"isBase64Encoded": True}, 400, "invalid_request"),
        ("ek_unknown", OFFER, {"headers": {"authorization": "Bearer x"}}, 400, "invalid_request"),
        ("ek_unknown", OFFER, {"headers": None}, 401, "unauthorized"),
        ("ek_unknown", OFFER, {"headers": {"authorization": "Basic x"}}, 401, "unauthorized"),
    ],
)
def test_what_is_no_ticket_or_no_offer_is_refused(
    world: World, ticket: str | None, body: str, event: dict[str, Any], status: int, code: str
) -> None:
    answered, _, text = send(world, ticket, body, **event)
    assert (answered, json.loads(text)["error"]["code"]) == (status, code)
    assert world.upstream.placed == []


def test_a_spent_ticket_is_a_conflict(world: World) -> None:
    ticket = create(world).client_secret
    send(world, ticket)
    status, _, text = send(world, ticket)
    assert (status, json.loads(text)["error"]["code"]) == (409, "ticket_spent")


def test_neither_ticket_nor_sdp_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ticket = create(world).client_secret
    send(world, ticket)
    send(world, ticket)
    facts = [record.__dict__ for record in caplog.records if record.message == "request"]
    assert (facts[0]["call_id"], facts[0]["status"]) == ("rtc_1", 201)
    assert ticket not in str(facts)
    assert "v=0" not in str(facts)
    assert ticket not in repr(RelayCall(ticket=ticket, offer=OFFER))
