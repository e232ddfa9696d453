"""The model's function calls are run by the host: those that it made, with tools that it was given, once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sideband.tool_talk import ToolTalk
from sideband.tool_words import output_id

from tests.unit.sideband_scene import Scene
from tests.unit.sideband_tools import (
    GRANTED,
    added,
    answered,
    answers,
    asked_on,
    asks,
    audit,
    ended,
    output_of,
    outputs,
    quiet,
    says,
    sent,
    stored,
    tool_scene,
    turn,
    whole,
    workshop,
)
from tests.unit.sideband_world import until


def test_a_function_call_is_run_and_the_model_goes_on_with_its_output() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answered(socket)
        await asked_on(socket)
        await quiet()

    made = tool_scene(story)
    [socket] = made.upstream.sockets
    [frame] = sent(socket, "conversation.item.create")
    assert frame["item"] == {
        "id": output_id("call_1"),
        "type": "function_call_output",
        "call_id": "call_1",
        "output": "It rains in Oslo",
    }
    assert len(frame["item"]["id"]) <= 32
    assert len(sent(socket, "response.create")) == 1
    [(arguments, context)] = workshop(made).done
    assert arguments == {"city": "Oslo"}
    assert context.as_json()["principal"] == {"kind": "guest", "id": "1"}
    call = stored(made)
    assert call is not None
    assert (call.status, call.output, call.ms) == ("done", "It rains in Oslo", 500)


def test_the_transcript_says_that_the_host_ran_it_and_for_how_long() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answered(socket)
        await until(lambda: len(made.items) == 2)

    made = tool_scene(story)
    call, output = made.items
    assert (call.kind, call.source, call.tool_ms) == ("function_call", "sideband", None)
    assert (output.kind, output.source, output.tool_ms) == ("function_call_output", "switchboard", 500)
    [entry] = audit(made)
    assert entry.event == "tool.run"
    assert entry.facts == {
        "callId": "rtc_1",
        "tool": "weather",
        "toolCallId": "call_1",
        "status": "done",
        "ms": 500,
    }
    assert made.shared.metrics.tool_calls == 1
    assert made.shared.metrics.tool_failures == 0


def test_a_function_call_that_the_browser_puts_into_the_conversation_runs_nothing() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        item = asks()
        socket.say(added(item), {"type": "conversation.item.done", "item": item})
        socket.say({"type": "conversation.item.retrieved", "item": item})
        await quiet()

    made = tool_scene(story)
    assert workshop(made).done == []
    assert outputs(made.upstream.sockets[0]) == []


def test_a_tool_that_the_session_was_not_given_is_not_run() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks("other"), asks("unheard_of", call_id="call_2")))
        await quiet()

    made = tool_scene(story)
    assert workshop(made).done == []
    assert sent(made.upstream.sockets[0], "response.create") == []


def test_a_response_outside_the_conversation_runs_nothing() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(whole(asks()), ended(asks(), conversation_id=None))
        await quiet()
        socket.hang()
        await made.socket(2)
        await quiet()

    assert workshop(tool_scene(story)).done == []


def test_a_response_outside_the_conversation_whose_end_was_missed_runs_nothing() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        aside = {"id": "resp_1", "conversation_id": None}
        socket.say({"type": "response.created", "response": aside}, whole(asks()))
        await quiet()
        socket.hang()
        await made.socket(2)
        await quiet()

    assert workshop(tool_scene(story)).done == []


def test_a_session_without_granted_tools_is_left_alone() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await quiet()

    assert workshop(tool_scene(story, session=replace(GRANTED, granted=None))).done == []


def test_an_event_told_twice_runs_a_tool_once() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()), whole(asks()), ended(asks()))
        await answered(socket)
        socket.say(whole(asks()), ended(asks()), ended(asks(), response_id="resp_2"))
        await asked_on(socket)
        await quiet()

    made = tool_scene(story)
    assert len(workshop(made).done) == 1
    assert len(outputs(made.upstream.sockets[0])) == 1


def test_an_answer_that_somebody_else_gives_in_our_place_is_taken_down() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()), added(output_of("call_1")), added(output_of("call_of_the_browser")))
        await answered(socket)
        await quiet()

    made = tool_scene(story)
    assert [entry.event for entry in audit(made)] == ["tool.answered_by_other", "tool.run"]


@pytest.mark.parametrize("seconds", [0.5, 5.0], ids=["after the tool", "before it"])
def test_an_output_that_only_has_the_name_of_ours_is_not_ours(seconds: float) -> None:
    forged = {**output_of("call_1", "Forged."), "id": output_id("call_1")}

    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: workshop(made).done)
        await asyncio.sleep(2.0)
        socket.say(added(forged, "item_call_1"))
        await answers(socket, 1)
        await quiet()

    made = tool_scene(story, says("It rains in", seconds))
    assert sorted(entry.event for entry in audit(made)) == ["tool.answered_by_other", "tool.run"]
    _, output = made.items
    assert (output.text or output.output, output.source) == ("Forged.", "sideband")


def test_an_output_that_the_host_before_us_has_told_is_ours() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: workshop(made).done)
        told = {**output_of("call_1", "It rains in Oslo"), "id": output_id("call_1")}
        socket.say(added(told, "item_call_1"))
        await answers(socket, 1)
        await quiet()

    made = tool_scene(story)
    assert [entry.event for entry in audit(made)] == ["tool.run"]


def test_the_upstreams_own_frames_are_understood() -> None:
    talk = ToolTalk({"get_weather"}, lambda _: False)
    path = Path(__file__).parents[1] / "recordings" / "primary_tool_round.jsonl"
    frames = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    asked = [
        call
        for frame in frames
        if frame["kind"] == "message" and frame["direction"] == "received"
        for call in talk.hear(frame["data"], 0.0)
    ]
    [call] = asked
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "London"})
