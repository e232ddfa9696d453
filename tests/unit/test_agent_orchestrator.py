"""The agent's turn from query to `done`: what is asked and told, which tools run, what is saved."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from switchboard.agent import limits, tool
from switchboard.agent.turn import Usage
from switchboard.domain.errors import (
    InvalidRequest,
    NotFound,
    QuotaExceeded,
)

from tests.unit.agent_fakes import World, calls, end, kinds, says, tokens, turns, until


async def test_an_answer_is_told_token_by_token_and_ends_with_done() -> None:
    world = World(says("Hel", "lo"))
    events = await world.ask()
    assert kinds(events) == ["start", "token", "token", "done"]
    assert "".join(event["content"] for event in events) == "Hello"
    done = events[-1]
    assert (done["status"], done["saved"], done["cost_usd"]) == ("completed", True, None)
    assert done["usage"]["total_tokens"] == 15
    assert done["turn_id"] == events[0]["turn_id"]


async def test_the_turn_is_saved_before_done_is_told() -> None:
    world = World(says("Hello"))
    async for event in world.agent.stream("a question", session_id="s"):
        if event.type == "done":
            [turn] = await turns(world)
            assert (turn.query, turn.answer, turn.status) == ("a question", "Hello", "completed")
            assert turn.usage == Usage(10, 4, 5, 1)
            assert turn.summary == "a question → Hello"


async def test_a_query_carries_the_turns_before_it() -> None:
    world = World(says("one"), says("two"), says("three"))
    for query in ("first", "second", "third"):
        await world.ask(query)
    asked = world.upstream.asked[-1]
    assert [(item["role"], item["content"]) for item in asked["input"]] == [
        ("user", "first"),
        ("assistant", "one"),
        ("user", "second"),
        ("assistant", "two"),
        ("user", "third"),
    ]
    assert asked["store"] is False
    assert asked["instructions"] == "Be brief."


async def test_start_names_the_turns_that_the_query_carries() -> None:
    world = World()
    first = await world.ask()
    second = await world.ask()
    assert second[0]["context"] == [first[0]["turn_id"]]


async def test_another_session_knows_nothing_of_it() -> None:
    world = World()
    await world.ask(session_id="s")
    await world.ask(session_id="other")
    assert len(world.upstream.asked[-1]["input"]) == 1


async def test_two_queries_at_once_on_one_session_are_both_kept() -> None:
    gate = asyncio.Event()
    world = World([*tokens("a"), gate, end()])
    both = asyncio.gather(world.ask("one"), world.ask("two"))
    await until(lambda: len(world.upstream.asked) == 2)
    gate.set()
    await both
    assert sorted(turn.query for turn in await turns(world)) == ["one", "two"]


@pytest.mark.parametrize("query", ["", "  \n ", "x" * (limits.QUERY_CHARS + 1)])
async def test_an_empty_or_huge_query_is_refused_before_anything_is_asked(query: str) -> None:
    world = World()
    with pytest.raises(InvalidRequest):
        await world.ask(query)
    assert world.upstream.asked == []
    assert not await world.store.exists("s")


async def test_a_session_that_must_exist_and_does_not_is_not_found() -> None:
    world = World()
    with pytest.raises(NotFound):
        await world.agent.admit("a question", session_id="s", create=False)
    assert not await world.store.exists("s")


async def test_anothers_session_is_neither_read_nor_asked_in() -> None:
    world = World()
    await world.store.create("s", "user:ada")
    with pytest.raises(NotFound):
        await world.agent.admit("a question", session_id="s", owner="user:eve")
    assert (await world.store.hit("s"))[0] == 1


async def test_too_many_queries_in_a_minute_are_refused_until_it_is_over() -> None:
    world = World(rate=2)
    await world.ask()
    await world.ask()
    for _ in range(3):
        with pytest.raises(QuotaExceeded) as refusal:
            await world.ask()
        assert refusal.value.retry_after is not None
    assert len(world.upstream.asked) == 2
    assert [event["event"] for event in await world.store.audit("s")] == ["query.limited"]
    world.clock.sleep(limits.RATE_WINDOW_SECONDS)
    await world.ask()


async def test_run_returns_the_turn_and_what_happened_on_the_way() -> None:
    world = World(says("Hello"))
    answer = await world.agent.run("a question")
    assert (answer.text, answer.saved) == ("Hello", True)
    assert [event.type for event in answer.events] == ["start", "done"]


async def test_a_tool_is_called_and_its_output_asked_about() -> None:
    @tool
    def weather(city: str) -> dict[str, str]:
        """The weather of a city."""
        return {"sky": f"blue over {city}"}

    first = [*tokens("Let me look. "), calls("weather", '{"city": "Lisbon"}'), end()]
    world = World(first, says("It is blue."), own_tools=(weather,))
    events = await world.ask()
    assert kinds(events) == ["start", "token", "tool_call", "tool_result", "token", "done"]
    assert (events[2]["content"], events[2]["arguments"]) == ("weather", '{"city": "Lisbon"}')
    assert (events[3]["content"], events[3]["status"]) == ('{"sky": "blue over Lisbon"}', "ok")
    offered = world.upstream.asked[0]["tools"]
    assert offered[0]["parameters"]["required"] == ["city"]
    given = world.upstream.asked[1]["input"][1:]
    assert given == [
        {"role": "assistant", "content": "Let me look. "},
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city": "Lisbon"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": '{"sky": "blue over Lisbon"}'},
    ]
    assert events[-1]["usage"]["input_tokens"] == 20
    assert [turn.answer for turn in await turns(world)] == ["Let me look. It is blue."]


async def test_a_model_that_asks_for_tools_for_ever_must_answer_in_the_end() -> None:
    @tool
    def again() -> str:
        return "again"

    world = World([calls("again"), end()], own_tools=(again,))
    events = await world.ask()
    assert kinds(events).count("tool_call") == limits.TOOL_ROUNDS
    assert [asked.get("tool_choice") for asked in world.upstream.asked] == [None] * limits.TOOL_ROUNDS + [
        "none"
    ]


async def test_more_calls_at_once_than_are_run_are_told_so() -> None:
    @tool
    def one() -> str:
        return "ran"

    many = [calls("one", call_id=f"call_{number}") for number in range(limits.TOOL_CALLS + 2)]
    events = await World([*many, end()], says("done"), own_tools=(one,)).ask()
    results = [event for event in events if event["type"] == "tool_result"]
    assert [result["status"] for result in results] == ["ok"] * limits.TOOL_CALLS + ["failed"] * 2


async def test_calls_that_were_cut_off_are_not_run() -> None:
    @tool
    def one() -> str:
        raise AssertionError("its arguments may be half")

    world = World([calls("one", '{"a'), end("incomplete")], own_tools=(one,))
    assert kinds(await world.ask()) == ["start", "incomplete", "done"]


async def test_a_tool_that_the_upstream_runs_itself_is_told_too() -> None:
    item = {"type": "mcp_call", "id": "mcp_1", "name": "search", "arguments": "{}", "output": "found"}
    script: list[Any] = [{"type": "response.output_item.done", "item": item}, *says("Found.")]
    events = await World(script).ask()
    assert kinds(events) == ["start", "tool_call", "tool_result", "token", "done"]
    assert (events[2]["name"], events[2]["content"]) == ("search", "found")


async def test_events_that_nobody_knows_are_passed_over() -> None:
    odd: list[Any] = [
        {"type": "response.something.new", "delta": 3},
        {"type": "response.output_item.done", "item": None},
        {"type": "response.output_item.done"},
        {"type": "response.output_text.delta"},
    ]
    world = World([*odd, {"type": "response.completed", "response": {"usage": {"input_tokens": "many"}}}])
    events = await world.ask()
    assert events[-1]["status"] == "completed"
    assert events[-1]["usage"]["total_tokens"] == 0


async def test_a_character_that_arrives_in_two_halves_is_stored_as_one() -> None:
    world = World(says("a \ud83d", "\ude00 b"))
    await world.ask()
    assert [turn.answer for turn in await turns(world)] == ["a 😀 b"]


async def test_the_owner_is_told_to_the_upstream_as_a_hash_alone() -> None:
    world = World()
    draft = await world.agent.admit("a question", session_id="s", owner="user:ada")
    async for _ in world.agent.events(draft):
        pass
    [asked] = world.upstream.asked
    assert len(asked["safety_identifier"]) == 32
    assert "ada" not in str(asked)
