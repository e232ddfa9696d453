"""What the agent makes of an upstream that refuses, stalls, dies or streams garbage."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from switchboard.agent import HistoryParts, MessageHistory, limits
from switchboard.domain.errors import UpstreamUnavailable

from dev.simulator.config import SimulatorConfig
from dev.simulator.server import Simulator
from tests.contract.agent_site import STREAM_HEAD, TOKEN, answering, real_upstream, serving

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(limits, "UPSTREAM_PAUSE", 0.001)


async def asked_at(base_url: str) -> list[Json]:
    """Return the events of one query to that upstream."""
    async with serving(real_upstream(base_url)) as site:
        session_id = await site.session()
        events = await site.ask("Where is Lisbon?", session_id)
        history = (await site.http.get("/agent/history", params={"session_id": session_id})).json()
    assert events[-1]["type"] == "done"
    assert [message["status"] for message in history["messages"]] == [events[-1]["status"]]
    return events


async def asked_with(*faults: Json) -> tuple[list[Json], int]:
    """Return the events of one query to a simulator with these faults, and how often it was asked."""
    async with Simulator(SimulatorConfig(speed=0)).running() as upstream:
        for fault in faults:
            upstream.state.world.faults.add({"at": "responses", **fault})
        events = await asked_at(upstream.base_url)
        return events, len(upstream.state.log.list())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"do": "status", "status": 401}, "upstream_refused"),
        ({"do": "status", "status": 404}, "upstream_refused"),
        ({"do": "status", "status": 429, "code": "insufficient_quota"}, "upstream_refused"),
        ({"do": "status", "status": 429, "headers": {"retry-after": "60"}}, "upstream_busy"),
        ({"do": "status", "status": 500, "times": None}, "upstream_unavailable"),
        ({"do": "drop", "times": None}, "upstream_unavailable"),
        ({"do": "fail"}, "upstream_unavailable"),
        ({"do": "break", "deltas": 2}, "upstream_unavailable"),
    ],
    ids=str,
)
async def test_what_the_upstream_does_wrong_is_an_event_with_a_code(fault: Json, code: str) -> None:
    events, _ = await asked_with(fault)
    [told] = [event for event in events if event["type"] == "error"]
    assert told["code"] == code
    assert events[-1]["status"] == "failed"


async def test_a_failure_before_the_first_token_is_tried_again_and_one_after_it_is_not() -> None:
    events, asked = await asked_with({"do": "status", "status": 503})
    assert (events[-1]["status"], asked) == ("completed", 2)
    events, asked = await asked_with({"do": "break", "deltas": 2})
    assert (events[-1]["status"], asked) == ("failed", 1)
    assert [event["content"] for event in events if event["type"] == "token"] == ["You", " said"]


async def test_refusals_and_cut_answers_are_events() -> None:
    events, _ = await asked_with({"do": "refuse", "text": "I cannot help."})
    assert [event["content"] for event in events if event["type"] == "refusal"] == ["I cannot help."]
    assert events[-1]["status"] == "refused"
    events, _ = await asked_with({"do": "incomplete", "reason": "content_filter"})
    assert [event["reason"] for event in events if event["type"] == "incomplete"] == ["content_filter"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"data: {not json}\n\n",
        b"data: [1, 2]\n\n",
        b'data: {"type": 3}\n\n',
        b'data: {"no": "type"}\n\n',
        b"data: \xff\xfe\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        b"<html>a proxy says hello</html>",
        b"\x00" * 5000,
        TOKEN[:20],
    ],
    ids=lambda value: repr(value[:24]),
)
async def test_garbage_in_the_stream_ends_it_with_an_error_and_keeps_what_was_said(garbage: bytes) -> None:
    async with answering(STREAM_HEAD, TOKEN, garbage) as url:
        events = await asked_at(url)
    assert [event["type"] for event in events] == ["start", "token", "error", "done"]
    assert events[2]["code"] == "upstream_unavailable"
    assert events[1]["content"] == "Hel"


@pytest.mark.parametrize(
    "head", [b"no http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", b""]
)
async def test_what_is_no_http_answer_is_an_error(head: bytes) -> None:
    async with answering(head) as url:
        events = await asked_at(url)
    assert events[-2]["code"] == "upstream_unavailable"


async def test_an_upstream_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STALL_SECONDS", 0.05)
    hold = asyncio.Event()
    async with answering(STREAM_HEAD, TOKEN, hold=hold) as url:
        events = await asked_at(url)
        hold.set()
    assert [event["type"] for event in events] == ["start", "token", "error", "done"]


async def test_an_upstream_that_sends_only_comments_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TURN_SECONDS", 0.0)
    async with answering(STREAM_HEAD, b": still thinking\n\n" * 100) as url:
        events = await asked_at(url)
    assert (events[-2]["code"], events[-2]["content"]) == (
        "upstream_unavailable",
        "The answer took too long.",
    )


async def test_an_upstream_that_is_not_there_is_an_error() -> None:
    async with answering() as url:
        pass
    events = await asked_at(url)
    assert events[-2]["code"] == "upstream_unavailable"


async def test_embeddings_are_asked_for_once_and_stored() -> None:
    async with Simulator(SimulatorConfig(speed=0)).running() as simulator:
        upstream = real_upstream(simulator.base_url)
        history = MessageHistory(parts=HistoryParts(embed=upstream.embed, most=2))
        for words in ("cats and dogs", "the weather in Lisbon", "tax forms", "train times", "a recipe"):
            turn = await history.add_agent_message(words, f"about {words}")
            assert turn.vector is not None
            assert len(turn.vector) == 4 * limits.EMBEDDING_DIMENSIONS
        history.parts = HistoryParts(embed=upstream.embed, most=4)
        chosen = await history.select_relevant_messages("do cats like dogs?")
        assert [turn.query for turn in chosen] == ["cats and dogs", "tax forms", "train times", "a recipe"]
        assert len(simulator.state.log.list()) == 6


async def test_summaries_come_from_the_small_model() -> None:
    async with Simulator(SimulatorConfig(speed=0)).running() as simulator:
        simulator.state.world.answers.post([{"instructions": "Summarise", "say": "They met."}])
        history = MessageHistory(parts=HistoryParts(ask=real_upstream(simulator.base_url).text))
        turn = await history.add_agent_message("Hello", "Hello there.")
    assert turn.summary == "They met."


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"data": 3}', b'{"data": []}', b'{"data": [{"index": 0}]}', b'{"data": [3]}']
)
async def test_vectors_that_make_no_sense_are_an_upstream_error(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
    async with answering(head + body) as url:
        with pytest.raises(UpstreamUnavailable):
            await real_upstream(url).embed(["words"])
