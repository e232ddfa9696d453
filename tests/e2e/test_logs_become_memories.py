"""Logs that become memories, through the real gateway, the real workflow and the real table."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dev.demo import guest_and_user
from tests.e2e.conftest import House, eventually
from tests.e2e.test_bad_input import assert_error

RULE = {
    "api": "responses",
    "schema": "log_summary",
    "input": r"number (?:is )?(?P<number>\d+)",
    "answer": {"summary": "The lucky number is {number}.", "tries_to_instruct": False},
}


@pytest.fixture
def user(house: House) -> Iterator[httpx.Client]:
    """Return a client of the API with a new user's token."""
    with house.simulator() as control, house.http() as http:
        made = control.post("/issuer/tokens", json={"sub": f"user-{secrets.token_hex(6)}"}).json()
        control.post("/answers", json={"answers": [RULE]}).raise_for_status()
        http.headers["authorization"] = f"Bearer {made['token']}"
        yield http
        control.delete("/answers").raise_for_status()


def log(*messages: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text} for text in messages], **more}


def memories(user: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = user.get("/memories").json()["memories"]
    return found


def summarised(user: httpx.Client, sent: dict[str, Any]) -> dict[str, Any] | None:
    answer = user.post("/realtime/logs", json=sent).json()
    return answer if answer["status"] != "received" else None


def test_the_demo_of_a_guest_and_a_user_ends_well(house: House) -> None:
    assert guest_and_user.tell_story(house.stack.api_url, house.stack.simulator_url)


def test_a_log_becomes_a_memory_once_however_often_it_is_sent(house: House, user: httpx.Client) -> None:
    sent = log("My lucky number 7 it is.")
    ids = {
        user.post(path, json=sent).json()["logId"] for path in ("/realtime/logs", "/api/realtime/logs") * 3
    }
    assert len(ids) == 1
    [memory] = eventually(lambda: memories(user))
    assert (memory["text"], memory["logId"]) == ("The lucky number is 7.", ids.pop())
    assert len(memories(user)) == 1
    told = user.post("/session", json={"instructions": "Talk of numbers."}).json()["instructions"]
    assert "The lucky number is 7." in told.rpartition("<<<")[2]


def test_a_memory_can_be_forgotten_and_all_of_them_refused(house: House, user: httpx.Client) -> None:
    user.post("/realtime/logs", json=log("number 1"))
    [memory] = eventually(lambda: memories(user))
    assert_error(user.delete("/memories/mem_" + "0" * 32), 404, "not_found")
    assert user.delete(f"/memories/{memory['memoryId']}").json()["status"] == "forgotten"
    assert_error(user.delete(f"/memories/{memory['memoryId']}"), 404, "not_found")
    assert user.post("/memories/opt-out", json={}).json() == {"optedOut": True, "forgotten": 0}
    sent = log("number 2")
    user.post("/realtime/logs", json=sent)
    eventually(lambda: summarised(user, sent))
    assert memories(user) == []


def test_a_guests_log_is_kept_and_makes_no_memory(house: House) -> None:
    sent = log(f"number {secrets.randbelow(10**6)}")
    with house.http() as guest:
        answer = guest.post(
            "/api/realtime/logs", content=json.dumps(sent), headers={"content-type": "text/plain"}
        )
        assert answer.status_code == 202
        eventually(lambda: summarised(guest, sent))
        assert_error(guest.get("/memories"), 401, "unauthorized")


def test_a_big_log_is_taken_and_a_larger_one_is_not(house: House, user: httpx.Client) -> None:
    big = log(*["number 5 " + "x" * 900 for _ in range(1000)])
    assert 0.85 * 2**20 < len(json.dumps(big)) < 2**20
    assert user.post("/realtime/logs", json=big).status_code == 202
    assert_error(user.post("/realtime/logs", json=log("x" * 2**20)), 413, "payload_too_large")
    assert eventually(lambda: memories(user))[0]["text"] == "The lucky number is 5."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"words"',
        b"[" * 50_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"{}",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_log_is_refused(house: House, body: bytes) -> None:
    with house.http() as http:
        assert_error(http.post("/realtime/logs", content=body), 400, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages": [{"role": "user", "content": "\xff\xfe broken"}]}',
        b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
        b'{"messages": [' + b'"",' * 300_000 + b'""]}',
        b'{"messages": "none", "metadata": [], "toolCalls": 7, "n": NaN}',
        b'{"messages": [{"role": "user", "content": "<script>alert(1)</script><img src=x onerror=y>"}]}',
    ],
)
def test_a_strange_log_is_kept_and_harms_nobody(house: House, user: httpx.Client, body: bytes) -> None:
    answer = user.post("/realtime/logs", content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 202, answer.text

    def done() -> bool:
        again = user.post("/realtime/logs", content=body, headers={"content-type": "text/plain"})
        return str(again.json()["status"]) != "received"

    assert eventually(done)
    assert not [memory for memory in memories(user) if "<" in memory["text"]]
