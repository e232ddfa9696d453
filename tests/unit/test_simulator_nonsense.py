"""Nonsense from a client is refused in words; it never breaks the simulator."""

import asyncio
import copy
import json
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dev.simulator import embeddings, responses
from dev.simulator.answers import AnswerBook
from dev.simulator.chance import Chance
from dev.simulator.chatkit import ChatSessions
from dev.simulator.client_secrets import ClientSecrets
from dev.simulator.errors import ApiError
from dev.simulator.faults import Faults
from dev.simulator.line import Line
from dev.simulator.pace import Pace
from dev.simulator.peers import Order, Send
from dev.simulator.response_events import events, output_items
from dev.simulator.session_config import new_session
from dev.simulator.wire import Json
from dev.simulator.world import World

TOOL = {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}
SESSION: Json = {
    "type": "realtime",
    "model": "gpt-realtime",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "gpt-realtime-whisper", "language": "en"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": {"type": "server_vad", "threshold": 0.5},
        },
        "output": {"voice": "marin", "speed": 1.0},
    },
    "tools": [TOOL],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
}
MINT: Json = {"expires_after": {"anchor": "created_at", "seconds": 600}, "session": SESSION}
ASK: Json = {
    "model": "m",
    "instructions": "i",
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}],
    "text": {
        "format": {
            "type": "json_schema",
            "name": "n",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"name": {"type": "string", "enum": ["a"]}},
                "required": ["name"],
                "additionalProperties": False,
            },
        }
    },
    "max_output_tokens": 50,
    "tools": [TOOL],
    "tool_choice": {"type": "function", "name": "f"},
}
CHAT: Json = {
    "user": "u",
    "workflow": {"id": "wf", "tracing": {"enabled": True}},
    "expires_after": {"seconds": 60},
    "rate_limits": {"max_requests_per_1_minute": 5},
    "chatkit_configuration": {"history": {"enabled": True}},
}
CLIENT_EVENTS: list[Json] = [
    {"type": "session.update", "event_id": "e", "session": SESSION},
    {
        "type": "conversation.item.create",
        "previous_item_id": "root",
        "item": {
            "id": "i",
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Hi"}],
        },
    },
    {"type": "conversation.item.create", "item": {"type": "function_call", "name": "f", "arguments": "{}"}},
    {"type": "conversation.item.retrieve", "item_id": "i"},
    {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 1},
    {"type": "conversation.item.delete", "item_id": "i"},
    {"type": "response.create", "response": {"conversation": "none", "output_modalities": ["text"],
                                             "metadata": {"k": "v"}, "tool_choice": "auto"}},
    {"type": "response.cancel", "response_id": "r"},
    {"type": "input_audio_buffer.append", "audio": "AAAA"},
    {"type": "input_audio_buffer.commit"},
]  # fmt: skip
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # busy machines are slow
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(["", "x", "text", "auto"]),
    st.sampled_from([[], [None], ["x"], [{}], {}, {"type": None}, {"type": "function"}, {"x": []}]),
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(one for key, part in inner for one in paths(part, (*path, key)))]


@st.composite
def spoilt(draw: st.DrawFn, good: Json) -> Json:
    """A good request with up to three places overwritten by something odd."""
    body = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(paths(body)))
        target: Any = body
        for step in way:
            target = target[step]
        target[last] = copy.deepcopy(draw(ODD))
    return body


def world() -> World:
    return World(Chance(1), Pace(speed=0), Faults(Chance(1)), AnswerBook())


@settings(PATIENT)
@given(body=spoilt(MINT))
def test_a_spoilt_mint_is_refused_or_minted(body: Json) -> None:
    with suppress(ApiError):
        ClientSecrets(Chance(1), Pace(), 1).mint(body)


@settings(PATIENT)
@given(body=spoilt(ASK))
def test_a_spoilt_question_is_refused_or_answered(body: Json) -> None:
    with suppress(ApiError):
        responses.checked(body)
        planned = responses.plan(body, world())
        shaped = responses.shaped(body, "resp_1", 0)
        assert json.dumps(responses.finished(shaped, planned, output_items(planned, Chance(1)), body))
        assert list(events(shaped, planned, body, Chance(1)))


@settings(PATIENT)
@given(body=spoilt({"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 8}))
def test_a_spoilt_embedding_is_refused_or_made(body: Json) -> None:
    with suppress(ApiError):
        embeddings.answer(body)


@settings(PATIENT)
@given(body=spoilt(CHAT))
def test_a_spoilt_chat_session_is_refused_or_minted(body: Json) -> None:
    with suppress(ApiError):
        ChatSessions(Chance(1), Pace(), 1).create(body)


class Listener:
    """A peer that keeps what it is told."""

    def __init__(self) -> None:
        self.awake = True
        self.hears_audio = True
        self.attached = True
        self.heard: list[Json] = []

    def put(self, order: Order) -> None:
        if isinstance(order, Send):
            self.heard.append(json.loads(order.data))


@settings(PATIENT, max_examples=300)
@given(event=st.sampled_from(CLIENT_EVENTS).flatmap(spoilt))
def test_a_spoilt_event_is_refused_or_done(event: Json) -> None:
    async def send() -> None:
        line, peer = Line(world(), new_session("sess_1", {"type": "realtime"}), "call", "rtc_1"), Listener()
        line.session.peers.append(peer)
        for good in CLIENT_EVENTS[:2]:
            line.events.handle(peer, json.dumps(good))
        line.events.handle(peer, json.dumps(event))
        line.events.handle(peer, json.dumps({"type": "response.create"}))
        begun = asyncio.all_tasks() - {asyncio.current_task()}
        done, _ = await asyncio.wait(begun, timeout=5) if begun else (begun, begun)
        assert not [task.exception() for task in done if not task.cancelled() and task.exception()]
        assert peer.heard[-1]["type"]

    asyncio.run(send())
