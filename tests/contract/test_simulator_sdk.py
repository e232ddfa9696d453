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
