"""Tools that the host runs for the model, on the whole system: three kinds, and what goes wrong."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from sideband.tool_words import output_id
from websockets.sync.client import connect

from dev.demo.client import FrontEnd
from tests.e2e.conftest import House, eventually
from tests.e2e.test_voice_session import finished
from tests.e2e.tool_shop import FUNCTION

BOOK = """
def handler(event, context):
    city, who = event["arguments"]["city"], event["context"]
    return {"booked": city, "for": who["principal"]["kind"], "key": who["idempotencyKey"]}
"""
PATIENCE = 60


@pytest.fixture(scope="module")
def book(house: House) -> None:
    """A function that is a tool."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", BOOK)
    house.stack.boto3_client("lambda").create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/tool",
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
    )


def service(house: House) -> FrontEnd:
    """A front end of a back end with our key: tools of the shop are for those."""
    front_end = house.front_end()
    front_end.http.headers["x-api-key"] = "backend-key-of-the-test"
    return front_end


def talk(
    name: str, tool: str, arguments: Any = None, ending: str = "The tool said: {output}"
) -> dict[str, Any]:
    """A talk in which the model asks for a tool, waits for the answer, and repeats it."""
    call = {"call": tool, "arguments": arguments or {"city": "Oslo"}, "wait": PATIENCE}
    steps = [{"user": "Please look."}, call, {"assistant": ending}]
    return {"name": name, "start": "attached", "start_after": 0.2, "steps": steps}


def place(house: House, front_end: FrontEnd, script: dict[str, Any]) -> tuple[str, str, str]:
    """Open a session and a call that plays the talk; return both ids, and the secret."""
    with house.simulator() as control:
        control.put(f"/scripts/{script['name']}", json=script).raise_for_status()
    session = front_end.ask("POST", "/session", {})
    call_id = house.browser().call_named(session["clientSecret"], script["name"])
    front_end.ask("POST", "/session/call", {"sessionId": session["sessionId"], "callId": call_id})
    return session["sessionId"], call_id, session["clientSecret"]


def truth(house: House, call_id: str) -> list[dict[str, Any]]:
    return list(house.browser().look(call_id)["transcript"])


def told(house: House, front_end: FrontEnd, script: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Play the talk to its end; return the session and its transcript."""
    session_id, call_id, _ = place(house, front_end, script)
    eventually(lambda: finished(house.browser(), call_id))
    eventually(
        lambda: (
            [item["itemId"] for item in front_end.transcript(session_id)]
            == [item["item_id"] for item in truth(house, call_id)]
        )
    )
    eventually(lambda: front_end.transcript(session_id)[-1]["status"] == "completed")
    return session_id, front_end.transcript(session_id)


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    ("tool", "answer"),
    [
        ("weather", "It rains in Oslo."),
        ("search", "Page 7 tells of Oslo."),
        ("book", '{"booked": "Oslo", "for": "service", "key": "{key}"}'),
    ],
)
def test_the_model_goes_on_with_what_a_tool_has_answered(house: House, tool: str, answer: str) -> None:
    front_end = service(house)
    session_id, items = told(house, front_end, talk(f"tool-{tool}", tool))
    _, call, output, reply = items
    assert (call["kind"], call["name"]) == ("function_call", tool)
    assert (output["kind"], output["source"]) == ("function_call_output", "switchboard")
    assert 0 <= output["toolMs"] < 8000
    if tool == "book":
        said = json.loads(output["output"])
        assert (said["booked"], said["for"]) == ("Oslo", "service")
        assert said["key"].startswith(f"{session_id}.call_")
    else:
        assert output["output"] == answer
        [(_, arguments, context)] = house.shop.of_session(session_id)
        assert arguments == {"city": "Oslo"}
        assert context["principal"]["kind"] == "service"
        assert output["itemId"] == output_id(context["toolCallId"])
    assert reply["text"] == f"The tool said: {output['output']}"
    assert house.shop.forged == []
    audit = front_end.ask("GET", f"/session/{session_id}")["audit"]
    assert [entry["facts"]["status"] for entry in audit if entry["event"] == "tool.run"] == ["done"]


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("patient", None, "The tool took longer than 1 s."),
        ("broken", None, "The tool answered with status 500."),
        ("chatty", None, "[cut: the output was longer than 200 bytes]"),
        ("weather", {"town": "Oslo"}, "It was not run, as city is missing."),
    ],
)
def test_what_goes_wrong_is_told_to_the_model(house: House, tool: str, arguments: Any, says: str) -> None:
    front_end = service(house)
    session_id, items = told(house, front_end, talk(f"wrong-{tool}", tool, arguments))
    assert says in items[2]["output"]
    assert len(items[2]["output"].encode()) <= 200
    assert says in items[3]["text"]
    assert len(house.shop.of_session(session_id)) == (0 if arguments else 1)


def test_frames_told_twice_run_a_tool_once(house: House, faults: Any) -> None:
    for event in ("response.*", "conversation.item.*"):
        faults({"at": "socket", "do": "duplicate", "event": event, "times": None})
    front_end = service(house)
    session_id, items = told(house, front_end, talk("twice", "weather"))
    assert [item["kind"] for item in items] == ["message", "function_call", "function_call_output", "message"]
    assert len(house.shop.of_session(session_id)) == 1


def test_a_function_call_that_a_client_puts_into_the_conversation_runs_nothing(house: House) -> None:
    front_end = service(house)
    script = {"name": "idle", "steps": [{"user": "Hello."}, {"pause": 600}]}
    session_id, call_id, secret = place(house, front_end, script)
    eventually(lambda: front_end.transcript(session_id))
    item = {
        "type": "function_call",
        "name": "weather",
        "call_id": "call_forged",
        "arguments": '{"city":"Oslo"}',
    }
    url = house.stack.simulator_url.replace("http", "ws", 1)
    headers = {"Authorization": f"Bearer {secret}"}
    with connect(f"{url}/v1/realtime?call_id={call_id}", additional_headers=headers) as client:
        client.send(json.dumps({"type": "session.update", "session": {"type": "realtime", "tools": []}}))
        client.send(json.dumps({"type": "conversation.item.create", "item": item}))
        eventually(lambda: [each["name"] for each in front_end.transcript(session_id)].count("weather"))
    config = eventually(lambda: house.browser().look(call_id)["session"]["tools"])
    assert "weather" in {tool["name"] for tool in config}  # what the client took away is there again
    front_end.ask("POST", f"/session/{session_id}/end")
    assert house.shop.of_session(session_id) == []
    kinds = {each["kind"] for each in front_end.transcript(session_id)}
    assert "function_call_output" not in kinds


def test_a_guest_has_no_tools_of_services(house: House) -> None:
    front_end = house.front_end()
    session_id, call_id, _ = place(
        house, front_end, {**talk("guest", "weather"), "steps": [{"user": "Hello."}]}
    )
    eventually(lambda: finished(house.browser(), call_id))
    assert house.browser().look(call_id)["session"]["tools"] == []
    assert house.shop.of_session(session_id) == []


@pytest.mark.parametrize("written", [True, False], ids=["a page tells of it", "at once"])
def test_a_host_killed_between_run_and_answer_leaves_an_honest_answer_to_the_next(
    house: House, written: bool
) -> None:
    front_end, shop = service(house), house.shop
    shop.open.clear()
    try:
        session_id, call_id, _ = place(house, front_end, talk(f"killed-{written}", "weather"))
        eventually(lambda: shop.of_session(session_id))
        if written:
            eventually(
                lambda: [item["kind"] for item in front_end.transcript(session_id)][1:] == ["function_call"]
            )
        house.kill_follower(session_id)
    finally:
        shop.open.set()
    house.stack.start_sideband_host()
    eventually(lambda: finished(house.browser(), call_id))
    outputs = [item["output"] for item in truth(house, call_id) if item["type"] == "function_call_output"]
    assert len(outputs) == 1
    assert outputs[0].startswith("The tool was cut off before its answer came.")
    assert truth(house, call_id)[-1]["text"] == f"The tool said: {outputs[0]}"
    assert len(shop.of_session(session_id)) == 1
    front_end.ask("POST", f"/session/{session_id}/end")
