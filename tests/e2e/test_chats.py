"""Chat sessions and codex sessions through the real gateway, with an upstream that fails when it hurts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from secrets import token_hex
from time import time
from typing import Any

import httpx
import jwt
import pytest

from dev.demo import codex
from dev.tokens import user_token
from tests.e2e.conftest import House, eventually
from tests.e2e.test_bad_input import assert_error

Fault = Callable[[dict[str, Any]], None]
KEY = {"placement": "sidebar", "agent_id": "assistant"}
NOBODYS_CHAT, NOBODYS_CODEX = "chat_" + "0" * 44, "cdx_" + "0" * 32


def bearer(house: House, **claims: Any) -> dict[str, str]:
    """Return the header of a new user whose address is verified, unless the claims say otherwise."""
    stack = house.stack
    token = user_token(stack.engine_url, stack.physical_ids, f"user-{token_hex(6)}")
    if claims:
        known = jwt.decode(token, options={"verify_signature": False})
        token = jwt.encode({**known, **claims}, "jwt-secret-of-the-test-" * 2, algorithm="HS256")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def user(house: House) -> Iterator[httpx.Client]:
    """A verified user's front end."""
    with house.http() as http:
        http.headers.update(bearer(house))
        yield http


def create(user: httpx.Client) -> dict[str, Any]:
    answer = user.post("/chatkit/sessions", json={"agent_id": "assistant", "metadata": {"page": "/"}})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def sweep(house: House) -> dict[str, Any]:
    """Run the sweep now, not only every minute."""
    name = house.stack.physical_ids["SweepChatsFunction"]
    answer = house.stack.boto3_client("lambda").invoke(FunctionName=name, Payload=b"{}")
    swept: dict[str, Any] = json.loads(answer["Payload"].read())
    return swept


def upstream_log(house: House, path: str) -> list[dict[str, Any]]:
    with house.simulator() as control:
        requests = control.get("/requests").json()["requests"]
    return [each for each in requests if each["path"].startswith(path)]


def test_the_story_of_the_demo_holds(house: House) -> None:
    token = bearer(house)["Authorization"].removeprefix("Bearer ")
    assert codex.tell_story(house.stack.api_url, token)


def test_of_a_crowd_that_creates_the_same_session_exactly_one_wins(house: House, user: httpx.Client) -> None:
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda _: user.post("/api/codex/sessions", json=KEY), range(60)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 59}
    [winner] = [answer.json() for answer in answers if answer.status_code == 201]
    pointers = {answer.json()["error"]["details"]["current"] for answer in answers if answer.is_error}
    [pointer] = pointers
    assert user.get(pointer).json() == winner


def test_a_hosted_chat_session_is_opened_and_cancelled_upstream(house: House, user: httpx.Client) -> None:
    chat = create(user)
    [asked] = [json.loads(each["body"]) for each in upstream_log(house, "/v1/chatkit/sessions")][-1:]
    assert asked["workflow"]["id"]
    assert asked["expires_after"]["seconds"] == 600
    assert asked["rate_limits"]["max_requests_per_1_minute"] > 0
    assert "user-" not in asked["user"]
    for _ in range(2):
        ended = user.post(f"/chatkit/sessions/{chat['id']}/cancel").json()
        assert (ended["status"], ended["chatkit"]["status"]) == ("ended", "cancelled")
    assert_error(
        user.post(f"/chatkit/sessions/{chat['id']}/events", json={"type": "button_click"}),
        409,
        "chat_session_ended",
    )


def test_an_upstream_that_is_down_while_one_is_cancelled_is_told_later(
    house: House, user: httpx.Client, faults: Fault
) -> None:
    chat = create(user)
    faults({"at": "chatkit_cancel", "do": "status", "status": 500, "times": None})
    ended = user.post(f"/chatkit/sessions/{chat['id']}/cancel").json()
    assert (ended["status"], ended["chatkit"]["status"]) == ("ended", "cancelling")
    with house.simulator() as control:
        control.delete("/faults").raise_for_status()
    make_due(house, chat["id"])
    assert sweep(house)["settled"] >= 1
    assert user.get(f"/chatkit/sessions/{chat['id']}").json()["chatkit"]["status"] == "cancelled"


def make_due(house: House, chat_id: str) -> None:
    """Let the minute pass after which the sweep looks at a chat session."""
    table, dynamo = house.stack.table_name, house.stack.boto3_client("dynamodb")
    [row] = [
        each
        for page in dynamo.get_paginator("scan").paginate(TableName=table)
        for each in page["Items"]
        if each["sk"]["S"] == f"CHAT#{chat_id}"
    ]
    dynamo.update_item(
        TableName=table,
        Key={"pk": row["pk"], "sk": row["sk"]},
        UpdateExpression="SET due = :due",
        ExpressionAttributeValues={":due": {"S": "2020-01-01T00:00:00.000000+00:00"}},
    )


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"do": "status", "status": 500}, 502, "upstream_unavailable"),
        ({"do": "status", "status": 401}, 502, "upstream_refused"),
        ({"do": "status", "status": 429, "headers": {"retry-after": "7"}}, 503, "upstream_busy"),
        ({"do": "drop"}, 502, "upstream_unavailable"),
    ],
    ids=["failing", "refusing", "busy", "hanging-up"],
)
def test_an_upstream_that_is_down_while_one_is_opened_leaves_no_orphan(
    user: httpx.Client, faults: Fault, fault: dict[str, Any], status: int, code: str
) -> None:
    faults({"at": "chatkit", "times": None, **fault})
    error = assert_error(user.post("/chatkit/sessions", json={"agent_id": "assistant"}), status, code)
    assert error.get("retry_after") == (7 if code == "upstream_busy" else None)
    [failed] = user.get("/api/codex/chatkit/sessions").json()["sessions"]
    assert (failed["status"], failed["reason"], failed["chatkit"]["status"]) == ("ended", "failed", "failed")


def test_a_chat_is_handed_to_a_person_and_the_record_says_who_had_it_when(user: httpx.Client) -> None:
    chat = create(user)
    where = f"/chatkit/sessions/{chat['id']}"
    user.post(f"{where}/events", json={"type": "agent_handover", "payload": {"agent_id": "researcher"}})
    user.post(f"{where}/events", json={"type": "hitl_escalation", "payload": {"to": "support"}})
    seen = user.get(where).json()
    holders = ["agent:assistant", "agent:researcher", "person:support"]
    assert [held["holder"] for held in seen["holdings"]] == holders
    assert seen["escalated_at"] == seen["holdings"][2]["since"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/chatkit/sessions/{NOBODYS_CHAT}", None),
        ("POST", f"/chatkit/sessions/{NOBODYS_CHAT}/cancel", None),
        ("POST", f"/chatkit/sessions/{NOBODYS_CHAT}/events", {"type": "button_click"}),
        ("GET", f"/api/codex/sessions/{NOBODYS_CODEX}", None),
        ("GET", "/api/codex/sessions/current?placement=sidebar&agent_id=assistant", None),
        ("POST", f"/api/codex/sessions/{NOBODYS_CODEX}/close", None),
        ("DELETE", f"/api/codex/sessions/{NOBODYS_CODEX}", None),
        ("GET", f"/api/codex/chatkit/token?session_id={NOBODYS_CODEX}", None),
    ],
)
def test_what_does_not_exist_is_not_found(user: httpx.Client, method: str, path: str, body: Any) -> None:
    assert_error(user.request(method, path, json=body), 404, "not_found")


def test_anothers_sessions_look_like_none(house: House, user: httpx.Client) -> None:
    chat = create(user)
    session = user.post("/api/codex/sessions", json=KEY).json()["session_id"]
    with house.http() as stranger:
        stranger.headers.update(bearer(house))
        for method, path in (
            ("GET", f"/chatkit/sessions/{chat['id']}"),
            ("POST", f"/chatkit/sessions/{chat['id']}/cancel"),
            ("GET", f"/api/codex/sessions/{session}"),
            ("POST", f"/api/codex/sessions/{session}/close"),
            ("DELETE", f"/api/codex/sessions/{session}"),
            ("GET", f"/api/codex/chatkit/token?session_id={session}"),
        ):
            assert_error(stranger.request(method, path), 404, "not_found")
    assert user.get(f"/api/codex/sessions/{session}").json()["status"] == "active"


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        ({"email_verified": False}, 403, "email_not_verified"),
        ({"email_verified": None}, 403, "email_not_verified"),
        ({"exp": int(time()) - 3600}, 401, "unauthorized"),
    ],
    ids=["unverified", "silent", "expired"],
)
def test_only_verified_users_have_codex_sessions(
    house: House, claims: dict[str, Any], status: int, code: str
) -> None:
    with house.http() as http:
        answer = http.post("/api/codex/sessions", json=KEY, headers=bearer(house, **claims))
    assert_error(answer, status, code)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/chatkit/sessions", {"agent_id": "nobody"}, 400, "unknown_agent"),
        ("/chatkit/sessions", {}, 400, "invalid_request"),
        ("/chatkit/sessions", {"agent_id": "researcher"}, 503, "chatkit_not_configured"),
        (
            "/chatkit/sessions",
            {"agent_id": "assistant", "metadata": {"a": "x" * 5000}},
            413,
            "payload_too_large",
        ),
        ("/api/codex/sessions", {"placement": "a#b", "agent_id": "assistant"}, 400, "invalid_request"),
        ("/api/codex/sessions", {"placement": "a", "agent_id": "nobody"}, 400, "unknown_agent"),
    ],
)
def test_what_makes_no_sense_is_refused(
    user: httpx.Client, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    assert_error(user.post(path, json=body), status, code)


def test_an_events_payload_over_the_limit_is_refused(user: httpx.Client) -> None:
    body = {"type": "button_click", "payload": {"a": "x" * 9000}}
    answer = user.post(f"/chatkit/sessions/{create(user)['id']}/events", json=body)
    assert_error(answer, 413, "payload_too_large")


def test_any_service_can_check_a_token_and_no_other_token_opens_the_chat(
    house: House, user: httpx.Client
) -> None:
    session = user.post("/api/codex/sessions", json=KEY).json()["session_id"]
    issued = user.get("/api/codex/chatkit/token", params={"session_id": session}).json()["token"]
    published = user.get("/.well-known/jwks.json")
    assert published.headers["cache-control"] == "public, max-age=300"
    [key] = jwt.PyJWKSet.from_dict(published.json()).keys
    claims = jwt.decode(issued, key.key, ["ES256"], audience="switchboard-chatkit")
    assert (claims["session"], claims["agent"], claims["placement"]) == (session, "assistant", "sidebar")
    body = {"type": "threads.list", "params": {}}
    with house.http() as http:
        for token in (issued[:-4] + "AAAA", user.headers["Authorization"][7:], "junk"):
            answer = http.post("/chatkit", json=body, headers={"Authorization": f"Bearer {token}"})
            assert_error(answer, 401, "unauthorized")
        good = http.post("/chatkit", json=body, headers={"Authorization": f"Bearer {issued}"})
        assert good.json() == {"data": [], "has_more": False}
        late = http.get(f"/api/codex/sessions/{session}", headers={"Authorization": f"Bearer {issued}"})
        assert_error(late, 401, "unauthorized")


def test_events_are_logged_and_no_secret_or_word_is(house: House, user: httpx.Client) -> None:
    chat = create(user)
    session = user.post("/api/codex/sessions", json=KEY).json()["session_id"]
    token = user.get("/api/codex/chatkit/token", params={"session_id": session}).json()["token"]
    words = f"Words that only this test says {token_hex(8)}"
    message = {"content": [{"type": "input_text", "text": words}], "attachments": [], "inference_options": {}}
    body = {"type": "threads.create", "params": {"input": message}}
    assert user.post("/chatkit", json=body, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    user.post(f"/api/codex/sessions/{session}/close")
    for event in ("codex.session.created", "codex.chatkit.token.issued", "codex.session.closed"):
        eventually(partial(logged, house, event, session))
    ours = [line for line in house.lines if not line.startswith("simulator")]
    for hidden in (chat["chatkit"]["clientSecret"], token, words):
        assert not [line for line in ours if hidden in line]


def logged(house: House, event: str, session_id: str) -> list[str]:
    return [line for line in house.lines if event in line and session_id in line]
