"""One voice session: a secret, a call, a renewal in the middle, a second call, a profile, the end."""

from __future__ import annotations

import time
from typing import Any

from dev.demo import show
from dev.demo.client import Browser, FrontEnd

TALK_S = 90.0
"""A scripted call of the demo takes about 25 s; a slow machine may take three times that."""
LOOK_EVERY_S = 0.3
"""Between looks at the transcript: often enough to seem live."""
INSTRUCTIONS = "You help newcomers to settle in. Be warm, be brief, ask one question at a time."


def tell_story(front_end: FrontEnd, browser: Browser) -> bool:
    """Return whether every transcript equals what was said."""
    show.chapter("A browser asks for a session")
    show.tell("POST /session: no account, so it becomes a guest, and gets a key that lives ten minutes.")
    session = front_end.ask("POST", "/session", {"instructions": INSTRUCTIONS})
    session_id = session["sessionId"]
    show.fact("sessionId", session_id)
    show.fact("clientSecret", session["clientSecret"][:12] + "…")
    show.fact("expiresAt", session["expiresAt"])

    show.chapter("It calls the model with that key, and tells us which call it is")
    show.tell("POST /session/call: from now on the sideband listens in and writes down what is said.")
    first = _call(front_end, browser, session_id, session["clientSecret"], "first_call")
    good = _follow(front_end, browser, session_id, first)

    show.chapter("The session is renewed in the middle of the talk")
    show.tell("POST /session/renew: same session, new key; the instructions now carry the talk so far.")
    renewed = front_end.ask("POST", "/session/renew", {"sessionId": session_id})
    show.fact("restored", renewed["restored"])
    show.tell("The instructions now end with:")
    for line in renewed["instructions"].splitlines()[-4:-1]:
        show.tell(f"    {line}")

    show.chapter("The talk goes on in a second call; the first is hung up")
    second = _call(front_end, browser, session_id, renewed["clientSecret"], "second_call")
    good &= _follow(front_end, browser, session_id, second)

    show.chapter("The transcript becomes a profile")
    show.tell("POST /extract-profile: a workflow reads the transcript; every field names what it rests on.")
    _extract(front_end, session_id)

    show.chapter("The session ends")
    show.tell("POST /session/{id}/end: the call is hung up, the record stays.")
    front_end.ask("POST", f"/session/{session_id}/end")
    return good & _ended(front_end, browser, session_id, second)


def _call(front_end: FrontEnd, browser: Browser, session_id: str, secret: str, script: str) -> str:
    call_id = browser.call(secret, script)
    attached = front_end.ask("POST", "/session/call", {"sessionId": session_id, "callId": call_id})
    show.fact("callId", call_id)
    show.fact("generation", attached["generation"])
    return call_id


def _follow(front_end: FrontEnd, browser: Browser, session_id: str, call_id: str) -> bool:
    """Print the call's items as they settle, in order; return whether they equal the script."""
    generation = _generation(front_end, session_id, call_id)
    printed: list[dict[str, Any]] = []
    until = time.monotonic() + TALK_S
    while time.monotonic() < until:
        over = browser.look(call_id)["script"]["state"] in ("finished", "done", "ended")
        items = [item for item in front_end.transcript(session_id) if item["generation"] == generation]
        for item, before in zip(items, printed, strict=False):
            if item["status"] != before["status"]:
                show.correction(item)
        printed = items[: len(printed)]
        while len(printed) < len(items) and _settled(items[len(printed)]):
            show.item(items[len(printed)])
            printed.append(items[len(printed)])
        truth = browser.look(call_id)["transcript"]
        if over and len(printed) == len(items) and _said(items) == _truly_said(truth):
            show.verdict(True, f"{len(items)} items, in order, equal to what was said")
            return True
        time.sleep(LOOK_EVERY_S)
    show.verdict(False, "the transcript does not equal what was said")
    return False


def _generation(front_end: FrontEnd, session_id: str, call_id: str) -> int:
    calls = front_end.ask("GET", f"/session/{session_id}")["calls"]
    return next(int(call["generation"]) for call in calls if call["callId"] == call_id)


def _settled(item: dict[str, Any]) -> bool:
    return item["status"] not in ("in_progress", "pending")


def _said(items: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(item["itemId"], item["text"] or item["arguments"] or item["output"]) for item in items]


def _truly_said(truth: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(item["item_id"], item["text"] or item.get("arguments") or item.get("output")) for item in truth]


def _extract(front_end: FrontEnd, session_id: str) -> None:
    answer = front_end.ask("POST", "/extract-profile", {"sessionId": session_id})
    while answer["status"] == "running":
        time.sleep(LOOK_EVERY_S)
        answer = front_end.ask("GET", f"/extract-profile/{answer['extractionId']}")
    words = {item["itemId"]: item["text"] for item in front_end.transcript(session_id)}
    evidence = {piece["field"]: piece["items"] for piece in answer["evidence"]}
    for field, value in answer["profile"].items():
        if value in (None, [], ""):
            continue
        show.fact(field, value)
        for item_id in evidence.get(field, []):
            show.tell(f"                 because: “{words[item_id]}”")


def _ended(front_end: FrontEnd, browser: Browser, session_id: str, call_id: str) -> bool:
    until = time.monotonic() + TALK_S
    while time.monotonic() < until:
        session = front_end.ask("GET", f"/session/{session_id}")
        if all(call["status"] == "closed" for call in session["calls"]):
            for call in session["calls"]:
                show.fact(call["callId"][:14] + "…", f"closed: {call['reason']}")
            hung_up = browser.look(call_id)["ended_at"] is not None
            show.verdict(hung_up, "the call is over at the upstream too")
            return hung_up
        time.sleep(LOOK_EVERY_S)
    show.verdict(False, "the calls were not closed")
    return False
