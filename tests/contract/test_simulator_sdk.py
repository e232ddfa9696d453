"""The official SDK cannot tell the simulator from its upstream."""

import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from websockets.exceptions import InvalidStatus

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.caller import OFFER


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(SimulatorConfig(speed=20)).running() as simulator:
        yield simulator


def client(simulator: Simulator, key: str = "sk-test") -> AsyncOpenAI:
    return AsyncOpenAI(base_url=simulator.base_url, api_key=key, max_retries=0)


async def test_a_secret_made_by_the_sdk_opens_and_follows_a_call(simulator: Simulator) -> None:
    secret = await client(simulator).realtime.client_secrets.create(
        expires_after={"anchor": "created_at", "seconds": 60},
        session={"type": "realtime", "model": "gpt-realtime-2.1", "instructions": "Be brief."},
    )
    assert secret.value.startswith("ek_")
    assert secret.session.type == "realtime"
    browser = client(simulator, secret.value)
    made = await browser.realtime.calls.create(sdp=OFFER)
    assert made.text.startswith("v=0")
    location = made.response.headers["location"]
    assert location.startswith("/v1/realtime/calls/rtc_u0_")
    async with browser.realtime.connect(call_id=location.rsplit("/", 1)[-1]) as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        updated = await connection.recv()
        assert updated.type == "session.updated"
        suffix = location.rsplit("rtc_", 1)[-1]
        assert json.loads(updated.to_json())["session"]["id"] == f"sess_{suffix}"


async def test_a_text_turn_streams_through_the_sdk(simulator: Simulator) -> None:
    api = client(simulator)
    made = await api.realtime.calls.create(
        sdp=OFFER, session={"type": "realtime", "model": "gpt-realtime", "output_modalities": ["text"]}
    )
    call_id = made.response.headers["location"].rsplit("/", 1)[-1]
    words: list[str] = []
    async with api.realtime.connect(call_id=call_id) as connection:
        await connection.session.update(session={"type": "realtime"})
        await connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Say hello."}],
            }
        )
        await connection.response.create()
        async for event in connection:
            if event.type == "response.output_text.delta":
                words.append(event.delta)
            elif event.type == "response.done":
                assert event.response.status == "completed"
                break
    assert "".join(words) == "Hello there."
    await api.realtime.calls.hangup(call_id)
    with pytest.raises(openai.NotFoundError) as gone:
        await api.realtime.calls.hangup(call_id)
    assert gone.value.code == "call_id_not_found"


async def test_the_sdk_raises_invalid_status_for_a_call_it_may_not_follow(simulator: Simulator) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with client(simulator).realtime.connect(call_id="rtc_u0_nobody"):
            pass
    assert refused.value.response.status_code == 404
    body: dict[str, Any] = json.loads(refused.value.response.body or b"{}")
    assert body["error"]["code"] == "call_id_not_found"


async def test_a_primary_socket_greets_the_sdk_with_its_session(simulator: Simulator) -> None:
    async with client(simulator).realtime.connect(model="gpt-realtime-2.1") as connection:
        assert (await connection.recv()).type == "session.created"


async def test_the_sdk_sees_openais_errors(simulator: Simulator) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        await client(simulator, "nonsense").realtime.client_secrets.create()
    assert refused.value.code == "invalid_api_key"
    assert refused.value.request_id
    with pytest.raises(openai.PermissionDeniedError) as unknown:
        await client(simulator).realtime.calls.create(
            sdp=OFFER, session={"type": "realtime", "model": "gpt-imaginary"}
        )
    assert unknown.value.code == "model_not_found"


PROFILE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "city": {"type": ["string", "null"]},
        "occupation": {"type": "string"},
        "goals": {"type": "array", "items": {"type": "string"}},
        "mood": {"type": "string", "enum": ["calm", "angry"]},
        "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    },
    "required": ["name", "city", "occupation", "goals", "mood", "age"],
    "additionalProperties": False,
}
TALK = "Hello, my name is Ada. I live in Lisbon. I work as a marine biologist. I want to learn Portuguese."
STRICT: Any = {"format": {"type": "json_schema", "name": "profile", "strict": True, "schema": PROFILE}}


async def test_a_strict_schema_is_answered_from_the_words_of_the_input(simulator: Simulator) -> None:
    made = await client(simulator).responses.create(model="gpt-5.6-luna", input=TALK, text=STRICT)
    assert made.status == "completed"
    profile = json.loads(made.output_text)
    assert profile == {
        "name": "Ada",
        "city": "Lisbon",
        "occupation": "marine biologist",
        "goals": ["learn Portuguese"],
        "mood": "calm",
        "age": None,
    }
    assert made.usage is not None
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens


@pytest.mark.parametrize("change", [{"required": ["name"]}, {"additionalProperties": True}])
async def test_a_schema_that_is_not_strict_enough_is_refused(
    simulator: Simulator, change: dict[str, Any]
) -> None:
    loose = {**PROFILE, **change}
    text: Any = {"format": {**STRICT["format"], "schema": loose}}
    with pytest.raises(openai.BadRequestError) as refused:
        await client(simulator).responses.create(model="gpt-5.6-luna", input=TALK, text=text)
    assert refused.value.code == "invalid_json_schema"


async def test_a_streamed_answer_is_the_answer_in_pieces(simulator: Simulator) -> None:
    stream = await client(simulator).responses.create(model="gpt-5.6-luna", input="Say hello.", stream=True)
    pieces: list[str] = []
    kinds: list[str] = []
    async for event in stream:
        kinds.append(event.type)
        if event.type == "response.output_text.delta":
            pieces.append(event.delta)
        elif event.type == "response.completed":
            assert event.response.output_text == "".join(pieces) == "Hello there."
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-1] == "response.completed"


async def test_similar_words_have_similar_vectors(simulator: Simulator) -> None:
    texts = ["She teaches marine biology", "a marine biologist and teacher", "The invoice is overdue"]
    made = await client(simulator).embeddings.create(
        model="text-embedding-3-small", input=texts, dimensions=512
    )
    teacher, biologist, invoice = (one.embedding for one in made.data)
    assert len(teacher) == 512

    def likeness(left: list[float], right: list[float]) -> float:
        return sum(a * b for a, b in zip(left, right, strict=True))

    assert likeness(teacher, teacher) == pytest.approx(1.0, abs=1e-3)
    assert likeness(teacher, biologist) > 0.4 > likeness(teacher, invoice) + 0.2


async def test_vectors_come_as_numbers_when_asked_for(simulator: Simulator) -> None:
    api = client(simulator)
    packed = await api.embeddings.create(model="text-embedding-3-small", input="one text")
    plain = await api.embeddings.create(
        model="text-embedding-3-small", input="one text", encoding_format="float"
    )
    assert plain.data[0].embedding == pytest.approx(packed.data[0].embedding, abs=1e-6)


async def test_a_chatkit_session_is_minted_and_cancelled(simulator: Simulator) -> None:
    sessions = client(simulator).beta.chatkit.sessions
    made = await sessions.create(user="u1", workflow={"id": "wf_1"})
    assert (made.object, made.status, made.client_secret[:3]) == ("chatkit.session", "active", "ek_")
    assert (await sessions.cancel(made.id)).status == "cancelled"
    with pytest.raises(openai.NotFoundError):
        await sessions.cancel("cksess_nobody")
