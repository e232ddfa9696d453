"""When the model is asked to go on: once, and into nobody's words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sideband import limits
from sideband.tool_words import INTERRUPTED

from tests.unit.sideband_events import error
from tests.unit.sideband_scene import Scene
from tests.unit.sideband_tools import (
    Workshop,
    added,
    answered,
    asked_on,
    asks,
    began,
    ended,
    output_of,
    outputs,
    quiet,
    sent,
    tool_scene,
    turn,
    whole,
    workshop,
)
from tests.unit.sideband_world import until


def test_several_calls_of_one_response_are_run_side_by_side_and_asked_about_once() -> None:
    async def answer(arguments: Mapping[str, Any]) -> str:
        await asyncio.sleep({"Oslo": 5.0, "Rome": 1.0}[arguments["city"]])
        return str(arguments["city"])

    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks(), asks(arguments='{"city":"Rome"}', call_id="call_2")))
        await until(lambda: outputs(socket))
        socket.say(added(sent(socket, "conversation.item.create")[0]["item"]))
        await quiet(1.0)
        assert sent(socket, "response.create") == []
        await until(lambda: outputs(socket)[1:])
        socket.say(added(sent(socket, "conversation.item.create")[1]["item"]))
        await asked_on(socket)
        socket.say(began("resp_2"), ended(response_id="resp_2"))
        await quiet()

    made = tool_scene(story, Workshop(answer))
    [socket] = made.upstream.sockets
    assert outputs(socket) == ["Rome", "Oslo"]
    assert len(sent(socket, "response.create")) == 1


def test_the_model_is_not_asked_into_another_response() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()), began("resp_2"))
        await answered(socket)
        await quiet()
        assert sent(socket, "response.create") == []
        socket.say(ended(response_id="resp_2"))
        await asked_on(socket)

    tool_scene(story)


def test_a_response_that_somebody_else_asked_for_will_do() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()), {"type": "input_audio_buffer.speech_started", "item_id": "item_u"})
        await answered(socket)
        socket.say(began("resp_2"), ended(response_id="resp_2"))
        await quiet(60.0)
        assert sent(socket, "response.create") == []

    tool_scene(story)


def test_nobody_is_talked_into() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()), {"type": "input_audio_buffer.speech_started", "item_id": "item_u"})
        await answered(socket)
        await quiet(limits.SPEECH_LONGEST / 2)
        assert sent(socket, "response.create") == []
        socket.say({"type": "input_audio_buffer.speech_stopped", "item_id": "item_u"})
        await asked_on(socket)

    tool_scene(story)


def test_a_refusal_because_a_response_is_active_is_tried_again_when_that_is_over() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answered(socket)
        await asked_on(socket)
        [asked] = sent(socket, "response.create")
        socket.say(error(asked["event_id"], "conversation_already_has_active_response"))
        await quiet()
        assert len(sent(socket, "response.create")) == 1
        socket.say(ended(response_id="resp_9"))
        await asked_on(socket, 2)

    tool_scene(story)


def test_another_refusal_is_final() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answered(socket)
        await asked_on(socket)
        socket.say(error(sent(socket, "response.create")[0]["event_id"], "invalid_value"))
        socket.say(ended(response_id="resp_9"))
        await quiet(300.0)
        assert len(sent(socket, "response.create")) == 1

    tool_scene(story)


def test_calls_of_a_cancelled_response_are_answered_and_not_run() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(began(), added(asks()), whole(asks()), ended(asks(), status="cancelled"))
        await answered(socket)
        await quiet()

    made = tool_scene(story)
    [socket] = made.upstream.sockets
    assert workshop(made).done == []
    assert outputs(socket) == [INTERRUPTED]
    assert sent(socket, "response.create") == []


def test_the_browsers_own_tools_are_waited_for_but_not_for_ever() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks(), asks("browsers_own", call_id="call_b")))
        await answered(socket)
        await quiet(limits.OTHERS_PATIENCE / 2)
        assert sent(socket, "response.create") == []
        socket.say(added(output_of("call_b")))
        await asked_on(socket)
        socket.say(began("resp_2"), ended(response_id="resp_2"))
        socket.say(
            *turn(asks(call_id="call_2"), asks("browsers_own", call_id="call_c"), response_id="resp_3")
        )
        await answered(socket, 2)
        await asked_on(socket, 2)

    tool_scene(story)
