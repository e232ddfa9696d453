"""A chapter of the demo: a codex session, its token, and a chat with the self-hosted ChatKit server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from dev.demo import show
from dev.demo.client import PATIENCE_S, DemoFailed

KEY = {"placement": "sidebar", "agent_id": "assistant"}
QUESTIONS = ("Where is Lisbon?", "And how far from there is Porto?")


def tell_story(api_url: str, user_token: str) -> bool:
    """Return whether everything went as it should. `user_token` is a user's with a verified address."""
    with httpx.Client(base_url=api_url, timeout=PATIENCE_S) as http:
        return _tell(http, {"Authorization": f"Bearer {user_token}"})


def _tell(http: httpx.Client, user: dict[str, str]) -> bool:
    show.chapter("A user opens a chat beside the page")
    show.tell(
        "POST /api/codex/sessions: for users with a verified address, one in each place with each agent."
    )
    _close_what_is_left(http, user)
    session = _ask(http, "POST", "/api/codex/sessions", user, 201, json=KEY)
    show.fact("session_id", session["session_id"])
    refused = _ask(http, "POST", "/api/codex/sessions", user, 409, json=KEY)["error"]
    show.fact("a second one", f"409 {refused['code']}")
    current = _ask(http, "GET", refused["details"]["current"], user, 200)
    good = _check(current == session, "the 409 points at the session that is there")

    show.tell("GET /api/codex/chatkit/token: a JWT that any service can check with our public keys.")
    where = {"session_id": session["session_id"]}
    token = _ask(http, "GET", "/api/codex/chatkit/token", user, 200, params=where)
    keys = _ask(http, "GET", "/.well-known/jwks.json", {}, 200)["keys"]
    show.fact("token", token["token"][:24] + "…")
    show.fact("its key", f"{keys[0]['kid']} ({keys[0]['alg']})")

    show.tell("POST /chatkit: our own ChatKit server answers, word by word.")
    bearer = {"Authorization": f"Bearer {token['token']}"}
    thread_id = ""
    for question in QUESTIONS:
        thread_id, answered = _say(http, bearer, question, thread_id)
        good &= answered
    thread = _ask(http, "POST", "/chatkit", bearer, 200, json=_request("threads.get_by_id", thread_id))
    kinds = [item["type"] for item in thread["items"]["data"]]
    good &= _check(kinds == ["user_message", "assistant_message"] * 2, "the thread holds what was said")

    show.tell("POST /api/codex/sessions/{id}/close: whoever still holds the token is out.")
    _ask(http, "POST", f"/api/codex/sessions/{session['session_id']}/close", user, 200)
    gone = _ask(http, "GET", "/api/codex/chatkit/token", user, 404, params=where)["error"]["code"]
    late = _ask(http, "POST", "/chatkit", bearer, 404, json=_request("threads.get_by_id", thread_id))
    show.fact("a new token", f"404 {gone}")
    show.fact("the old one", f"404 {late['error']['code']}")
    return good


def _say(http: httpx.Client, bearer: dict[str, str], words: str, thread_id: str) -> tuple[str, bool]:
    """Say something in the thread, or in a new one; return its id and whether all of the answer came."""
    message: dict[str, Any] = {
        "content": [{"type": "input_text", "text": words}],
        "attachments": [],
        "inference_options": {},
    }
    kind = "threads.add_user_message" if thread_id else "threads.create"
    body = _request(kind, thread_id, input=message)
    show.item({"role": "user", "kind": "message", "text": words, "status": "completed"})
    pieces: list[str] = []
    whole = ""
    for event in _stream(http, bearer, body):
        if event["type"] == "thread.created":
            thread_id = event["thread"]["id"]
        elif event["type"] == "thread.item.updated":
            pieces.append(event["update"].get("delta", ""))
        elif event["type"] == "thread.item.done" and event["item"]["type"] == "assistant_message":
            whole = event["item"]["content"][0]["text"]
        elif event["type"] == "error":
            raise DemoFailed(f"the answer failed: {event}")
    show.item({"role": "assistant", "kind": "message", "text": whole, "status": "completed"})
    streamed = sum(map(bool, pieces))
    return thread_id, _check(bool(whole) and "".join(pieces) == whole, f"it came in {streamed} pieces")


def _stream(http: httpx.Client, bearer: dict[str, str], body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with http.stream("POST", "/chatkit", json=body, headers=bearer) as answer:
        if answer.status_code != httpx.codes.OK:
            raise DemoFailed(f"POST /chatkit answered {answer.status_code}: {answer.read().decode()}")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def _request(kind: str, thread_id: str, **params: Any) -> dict[str, Any]:
    """Return a request of the ChatKit protocol."""
    return {"type": kind, "params": {**params, **({"thread_id": thread_id} if thread_id else {})}}


def _close_what_is_left(http: httpx.Client, user: dict[str, str]) -> None:
    """Close the session that an earlier demo may have left in a system that keeps running."""
    left = http.get("/api/codex/sessions/current", params=KEY, headers=user)
    if left.status_code == httpx.codes.OK:
        _ask(http, "POST", f"/api/codex/sessions/{left.json()['session_id']}/close", user, 200)


def _ask(
    http: httpx.Client, method: str, path: str, headers: dict[str, str], status: int, **more: Any
) -> dict[str, Any]:
    """Return the answer. Raise DemoFailed if it has another status."""
    answer = http.request(method, path, headers=headers, **more)
    if answer.status_code != status:
        raise DemoFailed(f"{method} {path} answered {answer.status_code}, not {status}: {answer.text}")
    return dict(answer.json())


def _check(good: bool, words: str) -> bool:
    show.verdict(good, words)
    return good
