"""The text agent as deployed: Lambda and a streaming server behind one URL, sessions in the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from dev.demo.agent import tell_story
from dev.engine.stack import LocalStack
from tests.integration.conftest import eventually


@pytest.fixture
def api(stack: LocalStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.api_url, timeout=40) as client:
        yield client


def opened(api: httpx.Client) -> str:
    answer = api.post("/agent/session")
    assert answer.status_code == 201, answer.text
    api.headers["x-guest-token"] = answer.headers["x-guest-token"]
    return str(answer.json()["session_id"])


def history(api: httpx.Client, session_id: str) -> list[dict[str, Any]]:
    answer = api.get("/agent/history", params={"session_id": session_id})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["messages"])


def test_the_demos_chapter_ends_well(stack: LocalStack) -> None:
    assert tell_story(stack.api_url, stack.simulator_url)


def test_the_first_token_comes_through_the_gateway_while_the_upstream_still_writes(
    stack: LocalStack, api: httpx.Client
) -> None:
    session_id = opened(api)
    long = " ".join(f"word{number}" for number in range(80))
    body = {"query": long, "session_id": session_id}
    with api.stream("POST", "/agent/query", json=body) as answer:
        lines = answer.iter_lines()
        next(line for line in lines if '"token"' in line)
        # The simulator logs a request when it is answered: this one is still being written.
        asked = httpx.get(f"{stack.simulator_url}/_simulator/requests").json()["requests"]
        assert not [one for one in asked if "word79" in (one.get("body") or "")]
        rest = list(lines)
    assert json.loads(rest[-2][6:])["status"] == "completed"


def test_a_client_that_leaves_stops_the_upstream_and_its_turn_is_in_the_table(
    stack: LocalStack, api: httpx.Client
) -> None:
    session_id = opened(api)
    long = " ".join(f"left{number}" for number in range(500))
    with api.stream("POST", "/agent/query", json={"query": long, "session_id": session_id}) as answer:
        next(line for line in answer.iter_lines() if '"token"' in line)
    [turn] = eventually(lambda: history(api, session_id))
    assert turn["status"] == "interrupted"
    assert turn["answer"].startswith("You")
    assert "left499" not in turn["answer"]

    def left_early() -> list[Any]:
        asked = httpx.get(f"{stack.simulator_url}/_simulator/requests").json()["requests"]
        return [one for one in asked if "left499" in (one.get("body") or "") and one.get("left_early")]

    assert eventually(left_early)


def test_queries_at_once_on_one_session_are_all_in_the_table(stack: LocalStack, api: httpx.Client) -> None:
    session_id = opened(api)

    def ask(number: int) -> str:
        body = {"query": f"question {number}", "session_id": session_id}
        return api.post("/agent/query", json=body).text

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert all('"saved":true' in answer for answer in answers)
    assert sorted(turn["query"] for turn in history(api, session_id)) == [f"question {n}" for n in range(6)]


def test_what_lambda_opened_the_streaming_server_knows_and_another_guest_does_not(
    stack: LocalStack, api: httpx.Client
) -> None:
    session_id = opened(api)
    del api.headers["x-guest-token"]
    api.cookies.clear()
    for answer in (
        api.post("/agent/query", json={"query": "hi", "session_id": session_id}),
        api.get("/agent/history", params={"session_id": session_id}),
        api.delete("/agent/history", params={"session_id": session_id}),
    ):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"


def test_no_word_of_a_conversation_lies_open_beside_its_turns(stack: LocalStack, api: httpx.Client) -> None:
    session_id = opened(api)
    api.post("/agent/query", json={"query": "open sesame", "session_id": session_id})
    dynamodb = stack.boto3_client("dynamodb")
    rows = dynamodb.query(
        TableName=stack.table_name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"AGENT#{session_id}"}},
    )["Items"]
    kinds = {row["sk"]["S"].split("#")[0] for row in rows}
    assert kinds == {"SESSION", "TURN", "RATE", "AUDIT"}
    assert not [row for row in rows if "sesame" in str(row) and not row["sk"]["S"].startswith("TURN#")]
    assert all("ttl" in row for row in rows)
