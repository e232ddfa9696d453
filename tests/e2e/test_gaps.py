"""What no host has heard of a call is told by the page's log, and read by everybody, labelled."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from dev.demo.client import Browser, FrontEnd
from tests.e2e.conftest import House, eventually
from tests.e2e.test_voice_session import finished, place_call

HALF_HEARD = yaml.safe_load("""
name: half-heard
start: attached
start_after: 0.2
steps:
  - user: "Hello there."
  - assistant: "Hello."
  - pause: 4
  - user: "Well, my name is Ada."
  - assistant: "Hello Ada."
  - user: "My lucky number is 7."
  - assistant: "Noted."
  - pause: 10
  - user: "Goodbye then."
  - assistant: "Goodbye."
""")
RULE = {
    "api": "responses",
    "schema": "log_summary",
    "input": r"\[browser\] user: My lucky number is (?P<number>\d+)",
    "answer": {"summary": "The lucky number is {number}.", "tries_to_instruct": False},
}
Fault = Callable[[dict[str, Any]], None]


@pytest.fixture
def front_end(house: House) -> Iterator[FrontEnd]:
    """Return the front end of a new user, of whose log the simulator makes the rule's summary."""
    with house.simulator() as control:
        made = control.post("/issuer/tokens", json={"sub": f"user-{secrets.token_hex(6)}"}).json()
        control.post("/answers", json={"answers": [RULE]}).raise_for_status()
        user = house.front_end()
        user.http.headers["authorization"] = f"Bearer {made['token']}"
        yield user
        control.delete("/answers").raise_for_status()


def words(items: list[dict[str, Any]]) -> list[str | None]:
    return [item["text"] for item in items]


def deafen(house: House, faults: Fault, call_id: str, browser: Browser, until: str) -> None:
    """Cut the line to every host, and let none attach again until those words were said."""
    faults({"at": "attach", "do": "status", "status": 503, "times": None, "call": call_id})
    with house.simulator() as control:
        control.post(f"/calls/{call_id}/disconnect", json={}).raise_for_status()
        eventually(lambda: until in words(browser.look(call_id)["transcript"]))
        control.delete("/faults").raise_for_status()


def log_of(session_id: str, truth: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a page that heard it all leaves behind."""
    messages = [
        {
            "id": item["item_id"],
            "previousItemId": item["previous_item_id"],
            "role": item["role"],
            "content": item["text"],
        }
        for item in truth
    ]
    return {"messages": messages, "metadata": {"sessionId": session_id}}


def test_what_nobody_heard_is_told_by_the_browser_and_read_by_all(
    house: House, front_end: FrontEnd, faults: Fault
) -> None:
    browser = house.browser()
    session_id, call_id = place_call(house, front_end, HALF_HEARD)
    eventually(lambda: words(front_end.transcript(session_id)) == ["Hello there.", "Hello."])
    deafen(house, faults, call_id, browser, until="Noted.")
    eventually(lambda: finished(browser, call_id))
    truth = browser.look(call_id)["transcript"]
    eventually(lambda: words(front_end.transcript(session_id))[-1:] == ["Goodbye."])
    holey = front_end.transcript(session_id)
    assert ("gap", "lost") in [(item["kind"], item["status"]) for item in holey]
    assert "Well, my name is Ada." not in words(holey)

    stranger = house.front_end()
    stranger.ask("POST", "/realtime/logs", log_of(session_id, truth))
    assert front_end.transcript(session_id) == holey

    log_id = front_end.ask("POST", "/realtime/logs", log_of(session_id, truth))["logId"]
    whole = front_end.transcript(session_id)
    assert words(whole) == words(truth)
    sources = {item["text"]: item["source"] for item in whole}
    assert {text for text, source in sources.items() if source == "browser"} == set(words(truth)) - set(
        words(holey)
    )
    assert sources["Well, my name is Ada."] == "browser"
    assert [item for item in whole if item["source"] == "sideband"] == [
        item for item in holey if item["kind"] != "gap"
    ]

    profile = front_end.ask("POST", "/extract-profile", {"sessionId": session_id})
    if "extractionId" in profile and profile.get("status") == "running":
        profile = eventually(lambda: extracted(front_end, profile["extractionId"]))
    assert profile["profile"]["name"] == "Ada"

    def told() -> dict[str, Any] | None:
        log = front_end.ask("GET", f"/realtime/logs/{log_id}")
        return log if log["status"] != "received" else None

    log = eventually(told)
    assert (log["summary"], log["sessionId"]) == ("The lucky number is 7.", session_id)
    listed = front_end.ask("GET", f"/session/{session_id}")["logs"]
    assert [(each["logId"], each["status"]) for each in listed] == [(log_id, "summarised")]


def extracted(front_end: FrontEnd, extraction_id: str) -> dict[str, Any] | None:
    """Return the extraction once it is done."""
    answer = front_end.ask("GET", f"/extract-profile/{extraction_id}")
    return answer if answer["status"] == "succeeded" else None
