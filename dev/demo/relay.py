"""The story of a relayed call: the browser holds a ticket, and what we pinned stays as it is."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
from websockets.sync.client import connect

from dev.demo import show
from dev.demo.client import OFFER, PATIENCE_S, DemoFailed, FrontEnd
from dev.engine.parameters import SIMULATOR_KEY

TALK: dict[str, Any] = {
    "name": "relayed",
    "steps": [
        {"user": "Hello, are you the one who helps with moving house?"},
        {"assistant": "I am. Where are you moving to?"},
        {"user": "To Porto, in spring."},
        {"assistant": "Porto in spring: lovely. Shall we make a list?"},
        {"pause": 60},
    ],
}
INSTRUCTIONS = "You help people to move house. Be warm, be brief."
TOOL = {"type": "function", "name": "make_list", "parameters": {"type": "object", "properties": {}}}
OVERWRITE = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "instructions": "You are a pirate.",
        "tools": [],
        "audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}},
    },
}
SOON_S = 30.0
"""For what happens beside a call: it takes a second, on a busy machine ten."""


def tell_story(api_url: str, simulator_url: str) -> bool:
    """Return whether the ticket was good once and only here, and the call stayed as it was pinned."""
    front_end = FrontEnd(api_url)
    with httpx.Client(base_url=simulator_url, timeout=PATIENCE_S) as simulator:
        show.chapter("A browser asks for a session, and gets a ticket instead of a key")
        show.tell('POST /session with mode "relay". The ticket looks like a key of OpenAI, and is none.')
        wanted = {"mode": "relay", "instructions": INSTRUCTIONS, "tools": [TOOL]}
        session = front_end.ask("POST", "/session", wanted)
        show.fact("sessionId", session["sessionId"])
        show.fact("clientSecret", session["clientSecret"][:12] + "…")
        good = _is_no_key(simulator, session["clientSecret"])
        call_id = _place(front_end, simulator, session)
        good &= _is_spent(front_end, session["clientSecret"])
        good &= _is_put_right(front_end, simulator_url, session["sessionId"], call_id)
        good &= _is_written_down(front_end, session["sessionId"])
        front_end.ask("POST", f"/session/{session['sessionId']}/end")
        return good


def _is_no_key(simulator: httpx.Client, ticket: str) -> bool:
    headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"}
    refused = simulator.post("/v1/realtime/calls", content=OFFER, headers=headers).status_code == 401
    show.verdict(refused, "whoever steals it can do nothing with it at the upstream")
    return refused


def _place(front_end: FrontEnd, simulator: httpx.Client, session: dict[str, Any]) -> str:
    show.chapter("It posts its SDP offer to us, and we place the call")
    show.tell("POST /realtime/calls: answered once the sideband is on the call, so that no word is missed.")
    began = time.monotonic()
    answer = _relay(front_end, session["clientSecret"])
    if answer.status_code != httpx.codes.CREATED:
        raise DemoFailed(f"the relay answered {answer.status_code}: {answer.text}")
    call_id = answer.headers["location"].rpartition("/")[2]
    simulator.post(f"/_simulator/calls/{call_id}/script", json=TALK).raise_for_status()
    show.fact("callId", call_id)
    show.fact("answered after", f"{time.monotonic() - began:.2f} s")
    for entry in front_end.ask("GET", f"/session/{session['sessionId']}")["audit"]:
        show.fact(entry["event"], f"sideband {entry['facts']['sideband']}")
    return str(call_id)


def _relay(front_end: FrontEnd, ticket: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"}
    return front_end.http.post("/realtime/calls", content=OFFER, headers=headers)


def _is_spent(front_end: FrontEnd, ticket: str) -> bool:
    answer = _relay(front_end, ticket)
    code = answer.json()["error"]["code"] if answer.is_error else "placed another call"
    show.verdict(code == "ticket_spent", f"a second call with the same ticket: {answer.status_code} {code}")
    return bool(code == "ticket_spent")


def _is_put_right(front_end: FrontEnd, simulator_url: str, session_id: str, call_id: str) -> bool:
    show.chapter("An off-the-shelf client overwrites its session, as it does on every connect")
    show.tell("The sideband hears session.updated, sees that it is not what was pinned, and puts it right.")
    url = f"{simulator_url.replace('http', 'ws', 1)}/v1/realtime?call_id={call_id}"
    with connect(url, additional_headers={"Authorization": f"Bearer {SIMULATOR_KEY}"}) as page:
        page.send(json.dumps(OVERWRITE))
        told: dict[str, Any] = {}
        until = time.monotonic() + SOON_S
        while told.get("instructions") != INSTRUCTIONS and time.monotonic() < until:
            event = json.loads(page.recv(timeout=SOON_S))
            if event["type"] == "session.updated":
                told = event["session"]
                show.fact("instructions", told["instructions"])
    right = told.get("instructions") == INSTRUCTIONS
    right &= [tool["name"] for tool in told.get("tools", [])] == ["make_list"]
    show.verdict(right, "instructions, tools and transcription are as they were pinned")
    return right & _is_in_the_audit(front_end, session_id)


def _is_in_the_audit(front_end: FrontEnd, session_id: str) -> bool:
    until = time.monotonic() + SOON_S
    while time.monotonic() < until:
        for entry in front_end.ask("GET", f"/session/{session_id}")["audit"]:
            if entry["event"] == "config.reasserted":
                show.verdict(True, f"the session's audit says so: {', '.join(entry['facts']['fields'])}")
                return True
        time.sleep(0.2)
    show.verdict(False, "the audit does not say so")
    return False


def _is_written_down(front_end: FrontEnd, session_id: str) -> bool:
    show.chapter("The talk is written down from its first word")
    wanted = [str(words) for step in TALK["steps"] for who, words in step.items() if who != "pause"]
    until = time.monotonic() + SOON_S
    said: list[dict[str, Any]] = []
    while [item["text"] for item in said] != wanted and time.monotonic() < until:
        said = [item for item in front_end.transcript(session_id) if item["status"] == "completed"]
        time.sleep(0.3)
    for item in said:
        show.item(item)
    complete = [item["text"] for item in said] == wanted
    show.verdict(complete, "every word, in order")
    return complete
