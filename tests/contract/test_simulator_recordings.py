"""The simulator's frames have the order and the shape of the recorded ones."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.caller import Caller, Socket

RECORDINGS = Path(__file__).parents[1] / "recordings"
SESSION = {
    "type": "realtime",
    "model": "gpt-realtime",
    "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}},
}


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with (
        Simulator(SimulatorConfig(speed=20)).running() as simulator,
        Caller(simulator.url) as caller,
    ):
        yield caller


def frames(name: str) -> list[dict[str, Any]]:
    lines = (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [frame for frame in map(json.loads, lines) if frame["kind"] == "message"]


def shape(value: Any) -> Any:
    """Keys and kinds of value, recursively; null is a kind of its own."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in sorted(value.items()) if key != "parameters"}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def told(events: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Type and shape of each event, runs of equal ones made one: texts differ in length."""
    shapes = [(event["type"], shape(event)) for event in events]
    return [one for at, one in enumerate(shapes) if at == 0 or shapes[at - 1] != one]


def received(name: str) -> list[dict[str, Any]]:
    return [frame["data"] for frame in frames(name) if frame["direction"] == "received"]


async def replay(socket: Socket, name: str, say: str | None = None) -> list[dict[str, Any]]:
    """Send what the recorded client sent, each frame once its predecessors' answers have come."""
    recorded = frames(name)
    awaited = 0
    for frame in recorded:
        if frame["direction"] == "sent":
            data = dict(frame["data"])
            if data.get("item", {}).get("type") == "function_call_output":
                await socket.until("response.done")
                call = next(event for event in reversed(socket.seen) if "call_id" in event)
                data["item"] = {**data["item"], "call_id": call["call_id"]}
            await socket.send(data)
        elif frame["data"]["type"] in ("session.created", "session.updated"):
            await socket.until(frame["data"]["type"])
            awaited += 1
    last = recorded[-1]["data"]["type"]
    await socket.until(last)
    return socket.seen


@pytest.mark.parametrize("name", ["sideband_text_turn", "sideband_audio_turn"])
async def test_a_sideband_turn_is_told_as_recorded(caller: Caller, name: str) -> None:
    call_id = await caller.call(session=SESSION)
    async with caller.attach(call_id) as socket:
        seen = await replay(socket, name)
    assert told(seen) == told(received(name))


async def test_a_primary_text_turn_is_told_as_recorded(caller: Caller) -> None:
    async with caller.socket("?model=gpt-realtime") as socket:
        seen = await replay(socket, "primary_text_turn")
    assert told(seen) == told(received("primary_text_turn"))


async def test_a_tool_round_is_told_as_recorded(caller: Caller) -> None:
    rule = {
        "api": "realtime",
        "input": "weather in (?P<city>\\w+)",
        "call": "get_weather",
        "arguments": {"city": "{city}"},
    }
    await caller.control("POST", "answers", {"answers": [rule]})
    async with caller.socket("?model=gpt-realtime") as socket:
        await replay(socket, "primary_tool_round")
        assert told(socket.seen) == told(received("primary_tool_round"))
        done = [event for event in socket.seen if event["type"] == "response.function_call_arguments.done"]
        assert json.loads(done[0]["arguments"]) == {"city": "London"}


def family(events: list[dict[str, Any]], *prefixes: str) -> list[tuple[str, Any]]:
    """The events of some families: the others come between them as time will have it."""
    return told([event for event in events if event["type"].startswith(prefixes)])


async def test_a_spoken_user_turn_is_told_as_recorded(caller: Caller) -> None:
    script = {
        "steps": [
            {"user": "Hello, my name is Marcelo.", "seconds": 2.8},
            {"assistant": "Hello, Marcelo! Great to meet you. How can I help you today?"},
        ]
    }
    await caller.control("PUT", "scripts/marcelo", script)
    call_id = await caller.call(session=SESSION, script="marcelo")
    async with caller.attach(call_id) as socket:
        await socket.send({"type": "session.update", "session": {"type": "realtime"}})
        await socket.until("output_audio_buffer.stopped")
    recorded, seen = received("primary_audio_turn"), socket.seen
    transcription = "conversation.item.input_audio_transcription"
    item = ("input_audio_buffer.", "conversation.item.added", "conversation.item.done", "response.created")
    assert family(seen, *item) == family(recorded, *item)
    assert family(seen, transcription) == family(recorded, transcription)
    heard = [event for event in recorded if event["type"] != "response.output_audio.delta"]
    assert family(seen, "response.") == family(heard, "response.")
    text = "response.output_audio_transcript.done"
    assert [e["transcript"] for e in seen if e["type"] == text] == [
        e["transcript"] for e in recorded if e["type"] == text
    ]


async def test_a_client_secret_is_echoed_as_recorded(caller: Caller) -> None:
    exchange = json.loads((RECORDINGS / "http_client_secret.json").read_text())["interactions"][0]
    made = await caller.post("/v1/realtime/client_secrets", exchange["request"]["parsed_body"])
    expected = exchange["response"]["parsed_body"]
    assert shape(made) == shape(expected)
    for answer in (made, expected):
        answer["session"].pop("id")
    assert made["session"] == expected["session"]


async def test_an_sdp_answer_has_the_lines_of_the_recorded_one(caller: Caller) -> None:
    exchange = json.loads((RECORDINGS / "http_webrtc_call.json").read_text())["interactions"][0]
    request, response = exchange["request"], exchange["response"]
    made = await caller.raw(
        "/v1/realtime/calls", request["body"].encode(), request["headers"]["content-type"][0]
    )
    assert made.status == response["status"]["code"]
    assert made.headers["Content-Type"] == response["headers"]["content-type"][0]
    assert made.headers["Access-Control-Allow-Origin"] == "*"
    assert "Location" in made.headers["Access-Control-Expose-Headers"]

    def kinds(sdp: str) -> list[str]:
        return [
            line.split(":")[0] if line.startswith("a=") else line[:8] if line.startswith("m=") else line[:2]
            for line in sdp.split("\r\n")
        ]

    assert kinds(made.text) == list(kinds(response["body"]["string"]))
    assert made.text.endswith("\r\n")
