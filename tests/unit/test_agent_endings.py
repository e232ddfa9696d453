"""How an agent's answer ends: in an error, a refusal or half-way, with its asker gone or its store down."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from switchboard.agent import AgentEvent, Turn, limits
from switchboard.agent.draft import settled
from switchboard.domain.errors import (
    Throttled,
    UpstreamBusy,
    UpstreamUnavailable,
)

from tests.unit.agent_fakes import World, end, kinds, says, tokens, turns, until


async def test_an_upstream_error_is_an_event_and_the_turn_is_kept_as_failed() -> None:
    world = World([*tokens("Hel"), UpstreamBusy("OpenAI asks for fewer requests.", retry_after=7)])
    events = await world.ask()
    assert kinds(events) == ["start", "token", "error", "done"]
    assert (events[2]["code"], events[2]["retry_after"]) == ("upstream_busy", 7)
    assert events[-1]["status"] == "failed"
    [turn] = await turns(world)
    assert (turn.answer, turn.status) == ("Hel", "failed")
    [noted] = await world.store.audit("s")
    assert (noted["event"], noted["code"]) == ("query.ended", "upstream_busy")


async def test_run_raises_the_error_that_ended_the_answer() -> None:
    world = World([UpstreamUnavailable("gone")])
    with pytest.raises(UpstreamUnavailable):
        await world.agent.run("a question", session_id="s")
    assert [turn.status for turn in await turns(world)] == ["failed"]


async def test_a_stream_that_ends_without_its_end_is_an_error() -> None:
    world = World([*tokens("Hel")])
    events = await world.ask()
    assert kinds(events)[-2:] == ["error", "done"]
    assert events[-2]["code"] == "upstream_unavailable"


async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_CHARS", 10)
    world = World([*tokens("12345", "67890", "1", "2", "3"), end()])
    events = await world.ask()
    assert kinds(events) == ["start", "token", "token", "error", "done"]
    assert world.upstream.left == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "rate_limit_exceeded"}, "upstream_busy"),
        ({"code": "invalid_prompt"}, "upstream_refused"),
        ({"code": "server_error"}, "upstream_unavailable"),
        ({}, "upstream_unavailable"),
        (None, "upstream_unavailable"),
    ],
)
async def test_an_error_inside_the_stream_keeps_the_upstreams_words_to_itself(error: Any, code: str) -> None:
    failed = end("failed", error={**(error or {}), "message": "a secret"} if error is not None else None)
    events = await World([failed]).ask()
    assert events[-2]["code"] == code
    assert "secret" not in str(events)
    told = await World([{"type": "error", "message": "a secret", **(error or {})}]).ask()
    assert told[-2]["code"] == code
    assert "secret" not in str(told)


async def test_a_refusal_is_an_event_and_the_turns_answer() -> None:
    script: list[Any] = [{"type": "response.refusal.delta", "delta": piece} for piece in ("I can", "not.")]
    world = World([*script, {"type": "response.refusal.done"}, end()])
    events = await world.ask()
    assert next(event for event in events if event["type"] == "refusal")["content"] == "I cannot."
    [turn] = await turns(world)
    assert (turn.answer, turn.status) == ("I cannot.", "refused")


@pytest.mark.parametrize(
    ("details", "reason"),
    [({"reason": "max_output_tokens"}, "max_output_tokens"), (None, "unknown"), ("odd", "unknown")],
)
async def test_an_incomplete_answer_says_why(details: Any, reason: str) -> None:
    world = World([*tokens("Hel"), end("incomplete", incomplete_details=details)])
    events = await world.ask()
    [told] = [event for event in events if event["type"] == "incomplete"]
    assert told["reason"] == reason
    assert events[-1]["status"] == "incomplete"
    await world.ask()
    assert "cut off" in world.upstream.asked[-1]["input"][1]["content"]


async def test_a_client_that_leaves_half_way_stops_the_upstream_and_leaves_an_interrupted_turn() -> None:
    gate = asyncio.Event()
    world = World([*tokens("Hel", "lo"), gate, end()])
    stream = world.agent.stream("a question", session_id="s")
    seen: list[AgentEvent] = []
    async for event in stream:
        seen.append(event)
        if event.content == "lo":
            break
    await stream.aclose()
    [turn] = await turns(world)
    assert (turn.answer, turn.status) == ("Hello", "interrupted")
    assert world.upstream.left == 1


async def test_a_cancelled_query_is_saved_once_even_if_it_is_cancelled_again() -> None:
    gate = asyncio.Event()
    world = World([*tokens("Hel"), gate, end()])
    asking = asyncio.create_task(world.ask())
    await until(lambda: len(world.upstream.asked) == 1)
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await settled()
    assert [(turn.answer, turn.status) for turn in await turns(world)] == [("Hel", "interrupted")]


async def test_leaving_while_the_turn_is_summarised_keeps_the_whole_answer() -> None:
    summarising = asyncio.Event()

    async def ask(*_: Any) -> str:
        summarising.set()
        await asyncio.Event().wait()
        return ""

    world = World(says("Hello"), ask=ask)
    asking = asyncio.create_task(world.ask())
    await summarising.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    [turn] = await turns(world)
    assert (turn.answer, turn.status, turn.summary) == ("Hello", "completed", "a question → Hello")


async def test_nothing_is_left_running_when_a_stream_is_forgotten() -> None:
    world = World(says("Hello"))
    stream = world.agent.stream("a question", session_id="s")
    async for _ in stream:
        break
    del stream
    gc.collect()
    for _ in range(100):  # the loop closes it, step by step
        await asyncio.sleep(0)
    await settled()
    assert [turn.status for turn in await turns(world)] == ["interrupted"]


async def test_a_history_that_was_cleared_meanwhile_stays_cleared() -> None:
    gate = asyncio.Event()
    world = World([*tokens("Hel"), gate, end()])
    asking = asyncio.create_task(world.ask())
    await until(lambda: len(world.upstream.asked) == 1)
    await world.store.clear("s")
    gate.set()
    events = await asking
    assert events[-1]["saved"] is False
    assert await turns(world) == []


async def test_a_store_that_fails_is_told_and_does_not_hide_the_answer() -> None:
    world = World(says("Hello"))

    async def refuse(session_id: str, turn: Turn, epoch: int) -> bool:
        raise Throttled("The table is busy.")

    world.store.append = refuse  # type: ignore[method-assign]  # a store that is down
    events = await world.ask()
    assert (events[-1]["status"], events[-1]["saved"]) == ("completed", False)
    assert "Hello" in [event["content"] for event in events]
