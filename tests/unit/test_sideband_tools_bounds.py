"""What goes wrong with tools is told to the model, and has its bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sideband import limits
from sideband.ending import ENDED
from sideband.tool_kit import ToolFailed
from switchboard.domain.tool import ServerTool

from tests.unit.sideband_events import error
from tests.unit.sideband_scene import Scene
from tests.unit.sideband_tools import (
    WEATHER,
    Workshop,
    added,
    answered,
    answers,
    asked_on,
    asks,
    audit,
    began,
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


@pytest.mark.parametrize(
    ("arguments", "says_why"),
    [
        ('{"city": 7}', "city must be string"),
        ("{}", "city is missing"),
        ("[]", "the arguments must be object"),
        ('{"city": ', "not valid JSON"),
        ("[" * 20_000, "not valid JSON"),
        ('{"city": "Oslo", "days": NaN}', "not valid JSON"),
        ('{"city": "Oslo", "days": 1e999}', "not valid JSON"),
        ('{"city": "Oslo", "days": ' + "9" * 400 + "}", "not valid JSON"),
        ('{"city": "Oslo \\ud800"}', "not valid JSON"),
        ('{"city": "Oslo", "days": ' + "[" * 300 + "]" * 300 + "}", "not valid JSON"),
        ('{"city": "' + "x" * limits.TOOL_ARGUMENTS + '"}', "too long"),
    ],
)
def test_bad_arguments_are_told_to_the_model_and_not_to_the_tool(arguments: str, says_why: str) -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks(arguments=arguments)))
        await answered(socket)
        await asked_on(socket)

    made = tool_scene(story)
    [output] = outputs(made.upstream.sockets[0])
    assert says_why in output
    assert workshop(made).done == []
    assert stored(made) is None
    assert [entry.event for entry in audit(made)] == ["tool.refused"]


@pytest.mark.parametrize(
    "tool", [replace(WEATHER, name="another"), replace(WEATHER, kinds=frozenset(("user", "service")))]
)
def test_a_tool_that_was_taken_away_from_whose_session_it_is_says_so(tool: ServerTool) -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answered(socket)
        await asked_on(socket)

    made = tool_scene(story, tool=tool)
    assert workshop(made).done == []
    assert outputs(made.upstream.sockets[0]) == ["This tool is not there any more."]


def test_a_slow_tool_is_cut_off_and_holds_up_nothing() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: workshop(made).done)
        socket.say(added({"id": "item_m", "type": "message", "role": "user", "content": []}))
        await until(lambda: len(made.items) == 2, 5.0)
        await answered(socket)
        await asked_on(socket)

    made = tool_scene(story, says("Late:", 100.0), replace(WEATHER, seconds=8.0))
    [output] = outputs(made.upstream.sockets[0])
    assert output == "The tool took longer than 8 s. It may have done its work."
    call = stored(made)
    assert call is not None
    assert (call.status, call.ms) == ("timeout", 8000)
    assert made.shared.metrics.tool_failures == 1


@pytest.mark.parametrize(
    ("failure", "output"),
    [(ToolFailed("The tool answered with status 500."),) * 2, (RuntimeError("key=sk-1"), "The tool failed.")],
)
def test_a_tool_that_fails_says_so_without_its_secrets(failure: Exception, output: Any) -> None:
    async def answer(arguments: Mapping[str, Any]) -> str:
        raise failure

    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answered(socket)
        await asked_on(socket)

    made = tool_scene(story, Workshop(answer))
    assert outputs(made.upstream.sockets[0]) == [str(output)]
    assert [entry.facts["status"] for entry in audit(made)] == ["failed"]


def test_a_call_has_so_many_tool_calls_and_no_more() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        for number in range(limits.TOOL_CALLS + 1):
            name = f"call_{number}"
            socket.say(*turn(asks(call_id=name), response_id=f"resp_{number}"))
            await answers(socket, number + 1)
        await quiet()

    made = tool_scene(story, says("It rains in", 0.0))
    assert len(workshop(made).done) == limits.TOOL_CALLS
    assert "too many" in outputs(made.upstream.sockets[0])[-1]
    assert made.call.tool_calls == limits.TOOL_CALLS


def test_a_model_that_makes_too_many_is_told_and_not_asked_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOOL_CALLS", 2)

    async def story(made: Scene) -> None:
        socket = await made.socket()
        for number in range(4):
            item = asks(call_id=f"call_{number}")
            socket.say(*turn(item, response_id=f"resp_{number}"))
            await answered(socket, number + 1)
            await quiet()

    made = tool_scene(story)
    [socket] = made.upstream.sockets
    assert ["too many" in output for output in outputs(socket)] == [False, False, True, True]
    assert len(sent(socket, "response.create")) == 2


def test_of_many_at_once_some_wait_and_some_are_told_to_try_later() -> None:
    calls = [asks(call_id=f"call_{number}") for number in range(limits.TOOLS_OF_CALL * 2)]

    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(*calls))
        await until(lambda: len(outputs(socket)) == len(calls))

    made = tool_scene(story, says("It rains in", limits.TOOL_QUEUE + 1))
    found = outputs(made.upstream.sockets[0])
    assert len(workshop(made).done) == limits.TOOLS_OF_CALL
    assert sum("Too many tools" in output for output in found) == limits.TOOLS_OF_CALL


def test_a_tool_goes_on_while_the_line_is_broken_and_is_told_on_the_next() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: workshop(made).done)
        socket.hang()
        after = await made.socket(2)
        await answered(after)
        await asked_on(after)

    made = tool_scene(story, says("It rains in", 3.0))
    assert len(workshop(made).done) == 1


def test_an_output_that_may_not_have_arrived_is_sent_again_under_the_same_id() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await answers(socket, 1)
        socket.hang()
        after = await made.socket(2)
        await answers(after, 1)
        [frame] = sent(after, "conversation.item.create")
        assert frame["item"] == sent(socket, "conversation.item.create")[0]["item"]
        after.say(error(frame["event_id"], "item_create_duplicate_item_id"))  # it had arrived
        await asked_on(after)
        await quiet()
        assert len(sent(after, "response.create")) == 1

    assert len(workshop(tool_scene(story)).done) == 1


def test_a_response_whose_end_was_missed_is_run_on_the_next_line() -> None:
    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(began(), added(asks()), whole(asks()))
        socket.hang()
        await answered(await made.socket(2))

    assert len(workshop(tool_scene(story)).done) == 1


def test_at_the_end_of_a_call_what_runs_is_cancelled() -> None:
    cancelled: list[bool] = []

    async def answer(arguments: Mapping[str, Any]) -> str:
        try:
            await asyncio.sleep(9.0)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return "late"

    async def story(made: Scene) -> None:
        socket = await made.socket()
        socket.say(*turn(asks()))
        await until(lambda: workshop(made).done)
        made.follow.stop(ENDED)
        await made.over()

    made = tool_scene(story, Workshop(answer))
    assert cancelled == [True]
    call = stored(made)
    assert call is not None
    assert call.status == "unknown"
