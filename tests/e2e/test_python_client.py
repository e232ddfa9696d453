"""The Python client and the served OpenAPI document, against the whole system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from switchboard_client import Client, SwitchboardError

from tests.e2e.conftest import House, eventually

ROOT = Path(__file__).parents[2]
OFFER = (ROOT / "dev/demo/offer.sdp").read_bytes().decode()
SCRIPT = {"name": "client", "steps": [{"user": "I am Ada, from Lisbon."}, {"assistant": "Hello Ada."}]}


def whole(items: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Return the items of the script's talk once both have settled."""
    settled = [item for item in items if item["status"] == "completed"]
    return settled if len(settled) == 2 else None


def test_the_document_that_is_served_is_valid_and_says_where_it_is(house: House) -> None:
    answer = httpx.get(f"{house.stack.api_url}/openapi.json")
    document: dict[str, Any] = answer.json()
    validate(document)
    assert document["servers"][0]["url"] == "."
    assert answer.headers["content-type"] == "application/json"


def test_a_session_from_its_ticket_to_its_profile(house: House) -> None:
    with Client(house.stack.api_url) as switchboard, house.simulator() as control:
        session = switchboard.create_session(mode="relay", instructions="Be brief.")
        placed = switchboard.relay_call(session["clientSecret"], OFFER)
        control.post(f"/calls/{placed.call_id}/script", json=SCRIPT).raise_for_status()
        said = eventually(lambda: whole(list(switchboard.transcript(session["sessionId"]))))
        assert [item["text"] for item in said] == ["I am Ada, from Lisbon.", "Hello Ada."]
        assert switchboard.profile(session["sessionId"])["status"] == "succeeded"
        assert switchboard.renew_session(session["sessionId"])["restored"] == "full"
        assert switchboard.end_session(session["sessionId"])["status"] == "ended"
        with pytest.raises(SwitchboardError) as caught:
            switchboard.renew_session(session["sessionId"])
        assert caught.value.code == "session_ended"


def test_what_is_said_is_streamed_until_the_session_ends(house: House) -> None:
    with Client(house.stack.api_url) as switchboard, house.simulator() as control:
        session = switchboard.create_session(mode="relay")
        placed = switchboard.relay_call(session["clientSecret"], OFFER)
        live = switchboard.stream_transcript(session["sessionId"])
        control.post(f"/calls/{placed.call_id}/script", json=SCRIPT).raise_for_status()
        said = [next(live)["item"]["text"] for _ in range(2)]
        assert sorted(said) == ["Hello Ada.", "I am Ada, from Lisbon."]
        switchboard.end_session(session["sessionId"])
        assert [event["type"] for event in live][-1] == "end"


def test_any_operation_is_found_by_its_name(house: House) -> None:
    with Client(house.stack.api_url) as switchboard:
        session_id = switchboard.create_session(mode="relay")["sessionId"]
        assert switchboard.call("get_session", sessionId=session_id)["mode"] == "relay"


def test_a_token_that_ran_out_is_replaced_by_a_fresh_one(house: House) -> None:
    with house.simulator() as control:

        def token(refused: str | None) -> str:
            wanted = {"sub": "ada", "kind": "good" if refused else "expired"}
            return str(control.post("/issuer/tokens", json=wanted).raise_for_status().json()["token"])

        with Client(house.stack.api_url, token=token) as switchboard:
            session = switchboard.create_session(mode="relay")
            assert switchboard.get_session(session["sessionId"])["status"] == "open"
            assert switchboard.guest_token is None
        with Client(house.stack.api_url) as stranger, pytest.raises(SwitchboardError) as caught:
            stranger.get_session(session["sessionId"])
        assert caught.value.code == "not_found"
