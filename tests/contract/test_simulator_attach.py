"""Who may follow a call, and what a follower hears."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.caller import OFFER, Caller, Refused

TEXT = {"type": "realtime", "model": "gpt-realtime", "output_modalities": ["text"]}
UPDATE = {"type": "session.update", "event_id": "mine", "session": {"type": "realtime"}}
HELLO = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say hello."}]},
}


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with (
        Simulator(SimulatorConfig(speed=20)).running() as simulator,
        Caller(simulator.url) as caller,
    ):
        yield caller


async def refused(caller: Caller, call_id: str, credential: str | None = None) -> int:
    with pytest.raises(Refused) as answer:
        async with caller.attach(call_id, credential):
            pass
    return answer.value.status


async def test_a_fresh_secret_cannot_attach_to_anothers_call(caller: Caller) -> None:
    call_id = await caller.call(await caller.mint())
    assert await refused(caller, call_id, await caller.mint()) == 404


async def test_the_api_key_cannot_attach_to_a_call_made_with_a_secret(caller: Caller) -> None:
    call_id = await caller.call(await caller.mint())
    assert await refused(caller, call_id) == 404


async def test_a_secret_cannot_attach_to_a_call_made_with_the_api_key(caller: Caller) -> None:
    call_id = await caller.call()
    assert await refused(caller, call_id, await caller.mint()) == 404


async def test_several_sidebands_may_follow_one_call(caller: Caller) -> None:
    secret = await caller.mint(TEXT)
    call_id = await caller.call(secret)
    async with caller.attach(call_id, secret) as one, caller.attach(call_id, secret) as two:
        for socket in (one, two):
            await socket.send(UPDATE)
            await socket.until("session.updated")
        await one.send(HELLO)
        assert (await one.until("conversation.item.done")) == (await two.until("conversation.item.done"))


async def test_the_beta_header_finds_no_call(caller: Caller) -> None:
    call_id = await caller.call()
    with pytest.raises(Refused) as answer:
        async with caller.attach(call_id, headers={"OpenAI-Beta": "realtime=v1"}):
            pass
    assert answer.value.status == 404


async def test_a_wrong_key_is_told_so_before_anything_else(caller: Caller) -> None:
    assert await refused(caller, "rtc_u0_nobody", "nonsense") == 401


async def test_a_call_cannot_be_followed_before_it_is_live() -> None:
    config = SimulatorConfig(live_after=0.3)
    async with Simulator(config).running() as simulator, Caller(simulator.url) as caller:
        call_id = await caller.call()
        assert await refused(caller, call_id) == 404
        async with asyncio.timeout(5):
            while True:
                try:
                    async with caller.attach(call_id):
                        return
                except Refused:
                    await asyncio.sleep(0.05)


async def test_a_sideband_is_silent_until_its_first_session_update(caller: Caller) -> None:
    call_id = await caller.call(session=TEXT)
    async with caller.attach(call_id) as awake, caller.attach(call_id) as silent:
        await awake.send(UPDATE)
        await awake.send(HELLO)
        await awake.until("conversation.item.done")
        await silent.send(UPDATE)
        first = await silent.next()
        assert first["type"] == "session.updated"
        assert first["event_id"] not in {event["event_id"] for event in awake.seen}


async def test_nothing_is_replayed_to_a_late_sideband(caller: Caller) -> None:
    call_id = await caller.call(session=TEXT)
    async with caller.attach(call_id) as early:
        await early.send(UPDATE)
        await early.send(HELLO)
        item_id = (await early.until("conversation.item.done"))["item"]["id"]
    async with caller.attach(call_id) as late:
        await late.send(UPDATE)
        await late.send({"type": "conversation.item.retrieve", "item_id": item_id})
        assert [(await late.next())["type"] for _ in range(2)] == [
            "session.updated",
            "conversation.item.retrieved",
        ]


async def test_one_bad_field_drops_the_whole_update(caller: Caller) -> None:
    call_id = await caller.call(session=TEXT)
    async with caller.attach(call_id) as socket:
        bad = {"type": "realtime", "instructions": "New.", "audio": {"output": {"voice": "nobody"}}}
        await socket.send({**UPDATE, "session": bad})
        error = (await socket.next())["error"]
        assert (error["code"], error["param"]) == ("invalid_value", "session.audio.output.voice")
        assert error["event_id"] == "mine"
        await socket.send(UPDATE)
        assert (await socket.next())["session"]["instructions"] != "New."


async def test_the_model_of_a_session_cannot_be_changed(caller: Caller) -> None:
    call_id = await caller.call(session=TEXT)
    async with caller.attach(call_id) as socket:
        await socket.send({**UPDATE, "session": {"type": "realtime", "model": "gpt-realtime-2"}})
        assert (await socket.next())["error"]["param"] == "session.model"


async def test_a_session_ends_an_hour_after_its_call_began(caller: Caller) -> None:
    call_id = await caller.call(session=TEXT)
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        expires_at = (await socket.until("session.updated"))["session"]["expires_at"]
        created_at = (await caller.truth(call_id))["created_at"]
        assert expires_at == int(created_at + 3600)


async def test_the_hours_end_closes_with_1001() -> None:
    config = SimulatorConfig(call_seconds=0.3)
    async with Simulator(config).running() as simulator, Caller(simulator.url) as caller:
        call_id = await caller.call()
        async with caller.attach(call_id) as socket:
            code, reason = await socket.closed()
            assert code == 1001
            assert reason == "Your session hit the maximum duration of 60 minutes."


async def test_a_hang_up_closes_cleanly_and_only_once(caller: Caller) -> None:
    call_id = await caller.call()
    async with caller.attach(call_id) as socket:
        await caller.hang_up(call_id)
        assert (await socket.closed())[0] == 1000
    with pytest.raises(Refused) as again:
        await caller.hang_up(call_id)
    assert (again.value.status, again.value.code) == (404, "call_id_not_found")
    assert await refused(caller, call_id) == 404


async def test_closing_a_sideband_does_not_end_the_call(caller: Caller) -> None:
    call_id = await caller.call()
    async with caller.attach(call_id):
        pass
    assert (await caller.truth(call_id, lambda call: not call["sidebands"]))["state"] == "live"


async def test_a_second_response_waits_for_the_first(caller: Caller) -> None:
    call_id = await caller.call(session=TEXT)
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        await socket.send(HELLO)
        await socket.send({"type": "response.create"})
        await socket.send({"type": "response.create", "event_id": "second"})
        error = (await socket.until("error"))["error"]
        assert error["code"] == "conversation_already_has_active_response"
        assert error["event_id"] == "second"
        assert (await socket.until("response.done"))["response"]["status"] == "completed"


async def test_a_response_can_be_cancelled(caller: Caller) -> None:
    call_id = await caller.call(session=TEXT)
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        long = {"type": "input_text", "text": "one two three " * 50}
        await socket.send({**HELLO, "item": {**HELLO["item"], "content": [long]}})  # type: ignore[dict-item]  # the constant is typed by its literal
        await socket.send({"type": "response.create"})
        await socket.until("response.output_text.delta")
        await socket.send({"type": "response.cancel"})
        response = (await socket.until("response.done"))["response"]
        assert response["status"] == "cancelled"
        assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        assert response["output"][0]["status"] == "incomplete"


async def test_an_answer_out_of_band_leaves_the_conversation_alone(caller: Caller) -> None:
    call_id = await caller.call(session=TEXT)
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        await socket.send(HELLO)
        asked = {"conversation": "none", "metadata": {"kind": "note"}}
        await socket.send({"type": "response.create", "response": asked})
        response = (await socket.until("response.done"))["response"]
        assert response["conversation_id"] is None
        assert response["metadata"] == {"kind": "note"}
    assert (await caller.truth(call_id))["items"] == 1


async def test_an_unknown_event_is_answered_with_an_error(caller: Caller) -> None:
    call_id = await caller.call()
    async with caller.attach(call_id) as socket:
        await socket.send({"type": "session.explode", "event_id": "boom"})
        error = (await socket.next())["error"]
        assert (error["type"], error["param"], error["event_id"]) == ("invalid_request_error", "type", "boom")


async def test_a_form_may_leave_the_types_of_its_parts_out(caller: Caller) -> None:
    form = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("sdp", OFFER), ("session", '{"type":"realtime","model":"gpt-realtime"}'))
    )
    made = await caller.raw(
        "/v1/realtime/calls", f"{form}--b--\r\n".encode(), "multipart/form-data; boundary=b"
    )
    assert made.status == 201
    call = await caller.truth(made.headers["Location"].rsplit("/", 1)[-1])
    assert call["model"] == "gpt-realtime"


@pytest.mark.parametrize("seconds", [9, 7201])
async def test_a_secret_lives_between_ten_seconds_and_two_hours(caller: Caller, seconds: int) -> None:
    with pytest.raises(Refused) as answer:
        await caller.mint(seconds=seconds)
    assert answer.value.status == 400
    assert answer.value.body["error"]["param"] == "expires_after.seconds"


async def test_a_secret_is_minted_for_any_model_but_calls_know_theirs(caller: Caller) -> None:
    secret = await caller.mint({"type": "realtime", "model": "gpt-imaginary"})
    with pytest.raises(Refused) as answer:
        await caller.call(secret)
    assert (answer.value.status, answer.value.code) == (403, "model_not_found")


async def test_only_given_keys_are_admitted_when_some_are_given() -> None:
    config = SimulatorConfig(api_keys=("sk-mine",))
    async with Simulator(config).running() as simulator, Caller(simulator.url, "sk-mine") as caller:
        assert (await caller.mint()).startswith("ek_")
        with pytest.raises(Refused) as answer:
            await caller.call("sk-other")
        assert answer.value.status == 401
