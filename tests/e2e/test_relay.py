"""A relayed call through the real gateway: the browser holds a ticket and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import House, eventually

OFFER = (Path(__file__).parents[2] / "dev/demo/offer.sdp").read_bytes().decode()
SDP = {"Content-Type": "application/sdp"}


def relay(house: House, ticket: str) -> httpx.Response:
    """Post an offer as an unmodified client of the upstream does."""
    headers = {**SDP, "Authorization": f"Bearer {ticket}", "X-OpenAI-Agents-SDK": "openai-agents-sdk.0.20.0"}
    with house.http() as http:
        return http.post("/realtime/calls", content=OFFER, headers=headers)


@pytest.fixture
def session(house: House) -> tuple[Any, dict[str, Any]]:
    """A guest's front end, and their session in relay mode."""
    front_end = house.front_end()
    return front_end, front_end.ask("POST", "/session", {"mode": "relay", "instructions": "Be brief."})


def test_the_sideband_is_on_a_relayed_call_before_its_answer(house: House, session: Any) -> None:
    front_end, made = session
    answer = relay(house, made["clientSecret"])
    assert answer.status_code == 201, answer.text
    assert answer.text.startswith("v=0")
    assert answer.text.endswith("\n")
    call_id = answer.headers["location"].removeprefix("/realtime/calls/")
    record = front_end.ask("GET", f"/session/{made['sessionId']}")
    [call] = record["calls"]
    assert (record["callId"], call["callId"]) == (call_id, call_id)
    [entry] = [entry for entry in record["audit"] if entry["event"] == "call.relayed"]
    assert entry["facts"] == {"callId": call_id, "sideband": "on"}
    assert call["attachedAt"] <= entry["at"]
    assert house.browser().look(call_id)["sidebands"] == 1


def test_the_upstream_hears_our_key_and_the_sessions_configuration(house: House, session: Any) -> None:
    _, made = session
    call_id = relay(house, made["clientSecret"]).headers["location"].rpartition("/")[2]
    seen = house.browser().look(call_id)
    assert seen["creator"].startswith("key:")
    assert seen["safety_identifier"]


def test_a_ticket_is_spent_once_and_a_renewal_brings_the_next(house: House, session: Any) -> None:
    front_end, made = session
    first = relay(house, made["clientSecret"]).headers["location"].rpartition("/")[2]
    again = relay(house, made["clientSecret"])
    assert (again.status_code, again.json()["error"]["code"]) == (409, "ticket_spent")
    renewed = front_end.ask("POST", "/session/renew", {"sessionId": made["sessionId"]})
    answer = relay(house, renewed["clientSecret"])
    assert answer.status_code == 201
    second = answer.headers["location"].rpartition("/")[2]
    assert not house.browser().look(first)["ended_at"]  # until its browser leaves it for the new one
    front_end.ask("POST", f"/session/{made['sessionId']}/end")
    eventually(lambda: house.browser().look(first)["ended_at"] and house.browser().look(second)["ended_at"])


def test_a_made_up_ticket_is_refused_in_our_shape(house: House) -> None:
    answer = relay(house, "ek_made_up")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


def test_a_page_of_another_origin_may_send_the_headers_that_clients_send(house: House) -> None:
    asked = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-openai-agents-sdk",
    }
    with house.http() as http:
        answer = http.options("/realtime/calls", headers=asked)
    assert answer.is_success
    allowed = {name.strip() for name in answer.headers["access-control-allow-headers"].lower().split(",")}
    assert {"authorization", "content-type", "x-openai-agents-sdk"} <= allowed
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_page_may_read_where_its_call_is(house: House, session: Any) -> None:
    answer = relay(house, session[1]["clientSecret"])
    assert "location" in answer.headers["access-control-expose-headers"]


def test_an_upstream_that_is_busy_is_told_and_the_ticket_stays_good(
    house: House, session: Any, faults: Callable[[dict[str, Any]], None]
) -> None:
    _, made = session
    faults({"at": "calls", "do": "status", "status": 503})
    answer = relay(house, made["clientSecret"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_unavailable")
    assert relay(house, made["clientSecret"]).status_code == 201
