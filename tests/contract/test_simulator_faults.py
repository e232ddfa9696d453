"""Faults on order, on HTTP and on sockets, and the log of what was asked."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.caller import Caller, Refused

UPDATE = {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}}
HELLO = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say hello."}]},
}


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(SimulatorConfig(speed=50)).running() as simulator:
        yield simulator


@pytest.fixture
async def caller(simulator: Simulator) -> AsyncIterator[Caller]:
    async with Caller(simulator.url) as caller:
        yield caller


async def order(caller: Caller, **fault: Any) -> None:
    await caller.control("POST", "faults", fault)


async def heard(caller: Caller) -> list[dict[str, Any]]:
    """What a sideband hears of one text turn."""
    call_id = await caller.call()
    async with caller.attach(call_id) as socket:
        for event in (UPDATE, HELLO, {"type": "response.create"}):
            await socket.send(event)
        await socket.until("response.done")
        return socket.seen


async def test_a_status_is_answered_as_often_as_ordered(caller: Caller) -> None:
    await order(caller, at="client_secrets", do="status", status=429, times=2, headers={"retry-after": "3"})
    for _ in range(2):
        with pytest.raises(Refused) as answer:
            await caller.mint()
        assert (answer.value.status, answer.value.code) == (429, "rate_limit_exceeded")
    assert await caller.mint()


async def test_the_sdk_retries_over_a_broken_connection(simulator: Simulator, caller: Caller) -> None:
    await order(caller, at="embeddings", do="drop")
    api = AsyncOpenAI(base_url=simulator.base_url, api_key="sk-test", max_retries=1)
    assert (await api.embeddings.create(model="text-embedding-3-small", input="a word")).data
    statuses = [entry["status"] for entry in (await caller.control("GET", "requests"))["requests"]]
    assert statuses == [499, 200]


async def test_a_hung_answer_runs_into_the_clients_timeout(simulator: Simulator, caller: Caller) -> None:
    await order(caller, at="responses", do="hang")
    api = AsyncOpenAI(base_url=simulator.base_url, api_key="sk-test", max_retries=0, timeout=0.2)
    with pytest.raises(openai.APITimeoutError):
        await api.responses.create(model="gpt-5.6-luna", input="Hello")


async def test_the_first_attaches_can_be_refused(caller: Caller) -> None:
    call_id = await caller.call()
    await order(caller, at="attach", do="status", status=404, times=2, call=call_id)
    for _ in range(2):
        with pytest.raises(Refused):
            async with caller.attach(call_id):
                pass
    async with caller.attach(call_id):
        pass


async def test_a_duplicate_event_comes_twice_with_one_id(caller: Caller) -> None:
    await order(caller, at="socket", do="duplicate", event="conversation.item.added")
    events = [event for event in await heard(caller) if event["type"] == "conversation.item.added"]
    assert events[0] == events[1]
    assert len(events) == 3


async def test_two_neighbours_change_places(caller: Caller) -> None:
    await order(caller, at="socket", do="reorder", event="conversation.item.added")
    kinds = [event["type"] for event in await heard(caller)]
    assert kinds[1:3] == ["conversation.item.done", "conversation.item.added"]


async def test_a_lost_event_never_comes(caller: Caller) -> None:
    await order(caller, at="socket", do="lose", event="conversation.item.*", times=None)
    assert not [event for event in await heard(caller) if event["type"].startswith("conversation.item")]


@pytest.mark.parametrize(
    ("fault", "code"), [({"do": "drop"}, 1006), ({"do": "close", "code": 1011, "reason": "oops"}, 1011)]
)
async def test_a_socket_ends_as_ordered_and_the_call_lives(
    caller: Caller, fault: dict[str, Any], code: int
) -> None:
    call_id = await caller.call()
    await order(caller, at="socket", event="conversation.item.added", call=call_id, **fault)
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        await socket.send(HELLO)
        assert (await socket.closed())[0] == code
        assert [event["type"] for event in socket.seen] == ["session.updated"]
    async with caller.attach(call_id) as again:
        await again.send(UPDATE)
        await again.until("session.updated")


async def test_a_garbage_frame_is_no_json(caller: Caller) -> None:
    await order(caller, at="socket", do="garbage", event="session.updated")
    call_id = await caller.call()
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        with pytest.raises(ValueError):
            await socket.next()
        assert (await socket.next())["type"] == "session.updated"


async def test_a_call_can_be_disconnected_by_hand(caller: Caller) -> None:
    call_id = await caller.call()
    async with caller.attach(call_id) as socket:
        await caller.control("POST", f"calls/{call_id}/disconnect", {"code": 1012, "reason": "restart"})
        assert await socket.closed() == (1012, "restart")
    assert (await caller.truth(call_id))["state"] == "live"


async def test_answers_can_be_refused_cut_and_broken(simulator: Simulator, caller: Caller) -> None:
    api = AsyncOpenAI(base_url=simulator.base_url, api_key="sk-test", max_retries=0)

    async def ask() -> Any:
        return await api.responses.create(model="gpt-5.6-luna", input="Tell me a story of five words.")

    await order(caller, at="responses", do="refuse", text="No.")
    assert (await ask()).output[0].content[0].refusal == "No."
    await order(caller, at="responses", do="incomplete", reason="content_filter")
    assert (await ask()).incomplete_details.reason == "content_filter"
    await order(caller, at="responses", do="fail")
    assert (await ask()).status == "failed"
    await order(caller, at="responses", do="break", deltas=2)
    stream = await api.responses.create(model="gpt-5.6-luna", input="A story, please.", stream=True)
    with pytest.raises(openai.APIConnectionError):
        async for _ in stream:
            pass


async def test_a_reader_that_leaves_is_noticed(simulator: Simulator, caller: Caller) -> None:
    api = AsyncOpenAI(base_url=simulator.base_url, api_key="sk-test", max_retries=0)
    long = "a story " * 400
    stream = await api.responses.create(model="gpt-5.6-luna", input=long, stream=True)
    async for event in stream:
        if event.type == "response.output_text.delta":
            break
    await stream.close()
    await api.close()
    for _ in range(200):
        entries = (await caller.control("GET", "requests"))["requests"]
        if entries:
            break
    assert entries[-1]["left_early"] is True


async def test_a_fault_that_makes_no_sense_is_refused(caller: Caller) -> None:
    with pytest.raises(Refused) as answer:
        await order(caller, at="socket", do="explode")
    assert answer.value.status == 400


async def test_faults_are_listed_counted_and_deleted(caller: Caller) -> None:
    await order(caller, at="calls", do="status", status=500, times=None)
    with pytest.raises(Refused):
        await caller.call()
    assert (await caller.control("GET", "faults"))["faults"][0]["done"] == 1
    assert await caller.control("DELETE", "faults") == {"deleted": 1}
    assert await caller.call()


async def test_no_credential_is_ever_logged(caller: Caller) -> None:
    secret = await caller.mint()
    await caller.call(secret)
    log = str(await caller.control("GET", "requests"))
    assert secret not in log
    assert "sk-test" not in log
    assert "secret:" in log


async def test_a_reset_forgets_everything(caller: Caller) -> None:
    call_id = await caller.call()
    await order(caller, at="calls", do="drop")
    async with caller.attach(call_id) as socket:
        await caller.control("POST", "reset")
        assert (await socket.closed())[0] == 1006
    assert await caller.control("GET", "calls") == {"calls": []}
    assert await caller.control("GET", "faults") == {"faults": []}


async def test_the_oldest_ended_calls_are_forgotten() -> None:
    config = SimulatorConfig(max_ended_calls=2, max_live_calls=3)
    async with Simulator(config).running() as simulator, Caller(simulator.url) as caller:
        calls = [await caller.call() for _ in range(3)]
        with pytest.raises(Refused) as full:
            await caller.call()
        assert full.value.status == 503
        for call_id in calls:
            await caller.hang_up(call_id)
        kept = [call["id"] for call in (await caller.control("GET", "calls"))["calls"]]
        assert kept == calls[1:]


async def test_preflight_lets_a_browser_post_its_offer(simulator: Simulator) -> None:
    asked = "authorization,content-type,x-openai-agents-sdk"
    async with (
        aiohttp.ClientSession() as http,
        http.options(
            f"{simulator.base_url}/realtime/calls", headers={"Access-Control-Request-Headers": asked}
        ) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Headers"] == asked
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
