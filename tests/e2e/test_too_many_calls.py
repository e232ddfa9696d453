"""A guest has so many calls at once and no more, and a call that no host follows is found and ended."""

from __future__ import annotations

import json
from typing import Any

import httpx

from dev.demo.client import FrontEnd
from tests.e2e.conftest import CALLS_OF_A_GUEST, House, eventually
from tests.e2e.test_relay import relay


def opened(front_end: FrontEnd, **fields: Any) -> dict[str, Any]:
    return front_end.ask("POST", "/session", fields)


def told(house: House, front_end: FrontEnd, session: dict[str, Any]) -> tuple[str, httpx.Response]:
    """A call of the session, placed by the browser and reported: its id, and the answer to that."""
    call_id = house.browser().call(session["clientSecret"], "second_call")
    body = {"sessionId": session["sessionId"], "callId": call_id}
    return call_id, front_end.http.post("/session/call", json=body)


def is_over(house: House, call_id: str) -> bool:
    return bool(house.browser().look(call_id)["state"] == "ended")


def test_one_call_too_many_is_refused_and_hung_up_and_an_end_makes_room(house: House) -> None:
    front_end = house.front_end()
    sessions = [opened(front_end) for _ in range(CALLS_OF_A_GUEST + 1)]
    relayed = opened(front_end, mode="relay")
    for session in sessions[:-1]:
        assert told(house, front_end, session)[1].status_code == 202
    one_too_many, answer = told(house, front_end, sessions[-1])
    assert answer.status_code == 429, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["details"]["limit"]) == ("too_many_calls", "guest")
    assert int(answer.headers["retry-after"]) > 0
    eventually(lambda: is_over(house, one_too_many))
    assert front_end.http.post("/session", json={}).status_code == 429
    assert relay(house, relayed["clientSecret"]).status_code == 429
    front_end.ask("POST", f"/session/{sessions[0]['sessionId']}/end")
    assert relay(house, relayed["clientSecret"]).status_code == 201
    for session in (*sessions, relayed):
        front_end.ask("POST", f"/session/{session['sessionId']}/end")
    assert opened(front_end)["clientSecret"]


def test_a_call_that_hangs_up_by_itself_makes_room(house: House) -> None:
    front_end = house.front_end()
    sessions = [opened(front_end) for _ in range(CALLS_OF_A_GUEST)]
    calls = [told(house, front_end, session)[0] for session in sessions]
    assert front_end.http.post("/session", json={}).status_code == 429
    with house.simulator() as control:
        control.post(f"/calls/{calls[0]}/hangup").raise_for_status()
    eventually(lambda: front_end.http.post("/session", json={}).status_code == 201)
    for session in sessions:
        front_end.ask("POST", f"/session/{session['sessionId']}/end")


def test_a_call_that_no_host_follows_is_ended_by_the_sweep(house: House) -> None:
    front_end = house.front_end()
    session = opened(front_end)
    call_id, _ = told(house, front_end, session)
    eventually(lambda: record(front_end, session)["calls"][0]["status"] == "followed")
    forsake(house, session["sessionId"])
    assert sweep(house)["ended"] >= 1
    assert is_over(house, call_id)
    [call] = record(front_end, session)["calls"]
    assert (call["status"], call["reason"]) == ("closed", "abandoned")
    [entry] = [each for each in record(front_end, session)["audit"] if each["event"] == "call.ended"]
    assert entry["facts"]["callId"] == call_id


def record(front_end: FrontEnd, session: dict[str, Any]) -> dict[str, Any]:
    return front_end.ask("GET", f"/session/{session['sessionId']}")


def sweep(house: House) -> dict[str, Any]:
    """Run the sweep now, not only every minute."""
    name = house.stack.physical_ids["SweepCallsFunction"]
    answer = house.stack.boto3_client("lambda").invoke(FunctionName=name, Payload=b"{}")
    swept: dict[str, Any] = json.loads(answer["Payload"].read())
    return swept


def forsake(house: House, session_id: str) -> None:
    """Take the session's call from its host, as a sweep does that ends before it has hung up."""
    table, dynamo = house.stack.table_name, house.stack.boto3_client("dynamodb")
    key = {"pk": {"S": f"SESSION#{session_id}"}, "sk": {"S": "CALL#00000002"}}
    dynamo.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET host = :sweep, #work = :work ADD lease :one",
        ExpressionAttributeNames={"#work": "work"},
        ExpressionAttributeValues={
            ":sweep": {"S": "sweep"},
            ":work": {"S": "HOST#sweep"},
            ":one": {"N": "1"},
        },
    )
