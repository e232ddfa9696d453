"""The agent's smaller parts: the parser of events, tools, settings, prices, sealing."""

from __future__ import annotations

import asyncio
import os
import sys
from base64 import b64encode
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchboard.agent import MessageHistory, Tool, Usage, limits, tool, tools
from switchboard.agent.cost import nano_usd, usd
from switchboard.agent.sealing import Aes, Plain
from switchboard.agent.selection import unpack
from switchboard.agent.settings import AgentSettings, Prices
from switchboard.agent.sse import encode
from switchboard.agent.stores.dynamodb import DynamoBackend
from switchboard.agent.stores.memory import MemoryBackend
from switchboard.agent.stores.redis import RedisBackend
from switchboard.agent.wiring import AgentParts
from switchboard.bootstrap import Parts
from switchboard.domain.errors import UnreadableHistory, UpstreamUnavailable
from switchboard.upstream.sse import SseParser

STREAM = (
    'event: a\r\ndata: {"n":1}\r\n\r\n: a comment\n\nid: 7\ndata:{"n":2}\ndata: "ü😀"\n\n\n\ndata\n\n'
    "data: three\r\rdata: four\n\ndata: never ended"
).encode()
DATA = [b'{"n":1}', '{"n":2}\n"ü😀"'.encode(), b"three", b"four"]


@given(st.lists(st.integers(0, len(STREAM))))
def test_events_are_the_same_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    parser, found, begin = SseParser(limits.EVENT_BYTES), [], 0
    for cut in [*sorted(cuts), len(STREAM)]:
        found += list(parser.feed(STREAM[begin:cut]))
        begin = cut
    assert found == DATA


def test_events_are_the_same_byte_by_byte() -> None:
    parser = SseParser(limits.EVENT_BYTES)
    found = [data for place in range(len(STREAM)) for data in parser.feed(STREAM[place : place + 1])]
    assert found == DATA


@pytest.mark.parametrize("garbage", [b"x" * 2000, b"data: " + b"x" * 2000, b"data: x\n" * 300])
def test_garbage_without_an_end_is_given_up(garbage: bytes) -> None:
    parser = SseParser(1000)
    chunks = [garbage[place : place + 100] for place in range(0, len(garbage), 100)]
    with pytest.raises(UpstreamUnavailable):
        _ = [list(parser.feed(chunk)) for chunk in chunks]


def test_what_we_send_is_one_line_that_a_parser_reads_back() -> None:
    event = {"type": "token", "content": "two\nlines \u2028 and \ud83d half"}
    [data] = SseParser(limits.EVENT_BYTES).feed(encode(event))
    assert b"\n" not in data


def test_a_tool_is_described_by_its_signature() -> None:
    @tool
    def find(words: str, kind: Literal["book", "film"], most: int = 5) -> list[str]:
        """Find something."""
        return []

    assert find.as_dict() == {
        "type": "function",
        "name": "find",
        "description": "Find something.",
        "strict": False,
        "parameters": {
            "type": "object",
            "properties": {
                "words": {"type": "string"},
                "kind": {"type": "string", "enum": ["book", "film"]},
                "most": {"type": "integer"},
            },
            "required": ["words", "kind"],
            "additionalProperties": False,
        },
    }


def a_tool(run: Any, seconds: float = 5.0) -> dict[str, Tool]:
    return {"it": Tool("it", "", {"type": "object"}, run, seconds)}


@pytest.mark.parametrize(
    "arguments", ["{", "[]", "3", '"x"', '{"unknown": 1}', "nan", "[" * 100_000], ids=lambda text: text[:12]
)
async def test_arguments_that_make_no_sense_are_told_to_the_model(arguments: str) -> None:
    outcome = await tools.call(a_tool(lambda: "ran"), "it", arguments)
    assert outcome.status == "failed"


async def test_a_tool_that_nobody_has_is_told_to_the_model() -> None:
    assert (await tools.call({}, "x" * 1000, "{}")).output == f"There is no tool called {'x' * 100}."


async def test_no_arguments_are_an_empty_object() -> None:
    assert (await tools.call(a_tool(lambda: "ran"), "it", "")).output == "ran"


async def test_a_tool_that_fails_tells_its_class_and_not_its_words() -> None:
    def fail() -> None:
        raise ValueError("a secret")

    outcome = await tools.call(a_tool(fail), "it", "{}")
    assert (outcome.status, outcome.output) == ("failed", "The tool failed: ValueError.")


async def test_a_tool_that_takes_too_long_is_left_behind() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    outcome = await tools.call(a_tool(never, 0.0), "it", "{}")
    assert outcome.status == "timeout"


async def test_a_long_output_is_cut_in_its_middle() -> None:
    outcome = await tools.call(a_tool(lambda: "x" * 10**6), "it", "{}")
    assert len(outcome.output) <= limits.TOOL_OUTPUT_CHARS


async def test_what_json_cannot_say_becomes_text() -> None:
    outcome = await tools.call(a_tool(lambda: {"at": os, "half": "\ud83d"}), "it", "{}")
    assert outcome.status == "ok"
    outcome.output.encode()


def two_tools() -> str:
    """A tool for the next test."""
    return "two"


TOOLS = [two_tools, Tool("other", "", {"type": "object"}, two_tools)]


def test_tools_are_found_by_the_names_of_the_configuration() -> None:
    found = tools.load([f"{__name__}:TOOLS", f"{__name__}:two_tools"])
    assert [each.name for each in found] == ["two_tools", "other", "two_tools"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEXTER_MAX_CONTEXT_MESSAGES", "many"),
        ("AGENT_RATE_QUERIES", "-1"),
        ("MCP_SERVERS", "{"),
        ("MCP_SERVERS", '{"label": "x"}'),
        ("MCP_SERVERS", '[{"label": "x"}]'),
        ("AGENT_PRICE_INPUT", "cheap"),
    ],
)
def test_nonsense_in_the_environment_is_named_at_once(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match=variable):
        AgentSettings.read({variable: value})


@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("true", True), ("0", False), ("False", False), ("", False)]
)
def test_a_flag_is_on_unless_it_says_off(text: str, on: bool) -> None:
    assert AgentSettings.read({"DEXTER_USE_EMBEDDINGS": text}).use_embeddings is on


def test_the_names_that_users_have_are_read() -> None:
    settings = AgentSettings.read(
        {"DEXTER_SUMMARIZE_LLM": "1", "DEXTER_MAX_CONTEXT_MESSAGES": "4", "RESPONSES_MODEL": "m"}
    )
    assert (settings.summarize_llm, settings.max_context_messages, settings.model) == (True, 4, "m")


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, MemoryBackend),
        ({"TABLE_NAME": "t"}, DynamoBackend),
        ({"TABLE_NAME": "t", "REDIS_URL": "redis://127.0.0.1:1"}, RedisBackend),
    ],
)
def test_the_store_is_redis_else_dynamodb_else_memory(
    environ: dict[str, str], kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("DEFAULT_REGION", "us-east-1"), ("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{name}", value)
    assert isinstance(AgentParts(environ, Parts(environ)).store.backend, kind)


def test_words_are_sealed_where_a_key_is_given() -> None:
    key = b64encode(b"k" * 32).decode()
    environ = {"AGENT_ENCRYPTION_KEY": key}
    assert isinstance(AgentParts(environ, Parts(environ)).store.sealer, Aes)
    assert isinstance(AgentParts({}, Parts({})).store.sealer, Plain)


async def test_a_local_model_makes_vectors_where_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        def __init__(self, name: str) -> None:
            assert name == "small-model"

        def encode(self, texts: list[str]) -> list[list[float]]:
            return [[3.0, 4.0] for _ in texts]

    monkeypatch.setitem(sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=Model))
    environ = {"DEXTER_USE_EMBEDDINGS": "1", "AGENT_LOCAL_EMBEDDINGS": "small-model", "OPENAI_API_KEY": "x"}
    history = MessageHistory(parts=AgentParts(environ, Parts(environ)).history_parts)
    turn = await history.add_agent_message("Where is Lisbon?", "In Portugal.")
    assert turn.vector is not None
    assert unpack(turn.vector) == pytest.approx([0.6, 0.8])


def test_what_is_sealed_for_one_session_does_not_open_for_another() -> None:
    sealer = Aes([b"k" * 32])
    sealed = sealer.seal("s", b"words")
    assert sealer.open("s", sealed) == b"words"
    assert sealer.seal("s", b"words") != sealed
    for session_id, changed in (("t", sealed), ("s", sealed[:-1]), ("s", b""), ("s", b"x" * 40)):
        with pytest.raises(UnreadableHistory):
            sealer.open(session_id, changed)


@pytest.mark.parametrize("text", ["", "short", b64encode(b"k" * 16).decode(), "not base64!"])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Aes.of(text)


def test_a_cost_counts_cached_input_by_its_own_price() -> None:
    usage = Usage(1_000_000, 400_000, 500_000, 0)
    assert nano_usd(usage, Prices()) is None
    assert usd(nano_usd(usage, Prices(input=1.0, output=4.0))) == 3.0
    assert usd(nano_usd(usage, Prices(input=1.0, cached=0.5, output=4.0))) == 2.8
    assert usd(None) is None
