"""Scripted talks: the truth they leave, interruptions, tools, and faults on the way."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dev.simulator import Simulator, SimulatorConfig, limits
from dev.simulator.caller import Caller, Refused, Socket, finished

UPDATE = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}},
    },
}
TALK = {"steps": [{"user": "One two three."}, {"assistant": "Four five six."}]}


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with (
        Simulator(SimulatorConfig(speed=50)).running() as simulator,
        Caller(simulator.url) as caller,
    ):
        yield caller


async def listen(caller: Caller, script: dict[str, Any] | None, *, named: str = "none") -> tuple[str, Socket]:
    """Play a script to its end with one sideband on; the call id and what the sideband heard."""
    call_id = await caller.call(script=named)
    if script is not None:
        await caller.control("POST", f"calls/{call_id}/script", script)
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        await caller.truth(call_id, finished)
        await caller.control("POST", f"calls/{call_id}/hangup")
        await socket.closed()
    return call_id, socket


def lineage(events: list[dict[str, Any]]) -> list[str]:
    """Item ids in the order in which `added` places them, behind their predecessors."""
    order: list[str] = []
    for event in events:
        if event["type"] == "conversation.item.added":
            previous = event["previous_item_id"]
            order.insert(order.index(previous) + 1 if previous else 0, event["item"]["id"])
    return order


async def test_the_truth_of_the_demo_is_what_its_events_tell(caller: Caller) -> None:
    call_id, socket = await listen(caller, None, named="demo")
    truth = (await caller.truth(call_id))["transcript"]
    assert lineage(socket.seen) == [item["item_id"] for item in truth]
    heard = {
        event["item_id"]: event["transcript"]
        for event in socket.seen
        if event["type"].endswith(("transcription.completed", "audio_transcript.done"))
    }
    assert heard == {item["item_id"]: item["text"] for item in truth if item["type"] == "message"}
    assert sum(item["truncated"] for item in truth) == 1
    assert [item["name"] for item in truth if item["type"] == "function_call"] == ["find_course"]
    assert "response.output_audio.delta" not in {event["type"] for event in socket.seen}


async def test_a_model_item_after_the_first_loses_its_predecessor_when_done(caller: Caller) -> None:
    steps = [*TALK["steps"], {"user": "Seven."}, {"assistant": "Eight."}]
    _, socket = await listen(caller, {"steps": steps})
    by_model = [
        event["previous_item_id"]
        for event in socket.seen
        if event["type"] == "conversation.item.done" and event["item"]["role"] == "assistant"
    ]
    assert by_model[0] is None
    assert by_model[1] is not None


async def test_an_answer_cut_while_it_is_written_is_cancelled_and_truncated(caller: Caller) -> None:
    long = {"assistant": "word " * 60, "unfinished": True, "interrupted_after": 2.0}
    call_id, socket = await listen(caller, {"steps": [{"user": "Talk."}, long, {"user": "Stop."}]})
    kinds = [event["type"] for event in socket.seen]
    cut = kinds.index("response.done")
    assert socket.seen[cut]["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert kinds[cut - 1] == "response.output_item.done"
    assert kinds.index("output_audio_buffer.cleared") < kinds.index("conversation.item.truncated")
    answer = (await caller.truth(call_id))["transcript"][1]
    assert answer["status"] == "incomplete"
    assert answer["truncated"]
    assert 0 < len(answer["text"].split()) < 60


async def test_a_clients_tool_output_lets_the_script_go_on(caller: Caller) -> None:
    call_id = await caller.call()
    steps = [
        {"user": "Look it up."},
        {"call": "look_up", "arguments": {"q": 1}},
        {"assistant": "It is {output}."},
    ]
    await caller.control("POST", f"calls/{call_id}/script", {"steps": steps})
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        call = await socket.until("response.function_call_arguments.done")
        assert json.loads(call["arguments"]) == {"q": 1}
        await socket.until("response.done")
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "42"}
        await socket.send({"type": "conversation.item.create", "item": output})
        await socket.send({"type": "response.create"})
        await socket.until("output_audio_buffer.stopped")
    truth = (await caller.truth(call_id, finished))["transcript"]
    assert [(item["role"], item["type"]) for item in truth] == [
        ("user", "message"),
        ("assistant", "function_call"),
        ("tool", "function_call_output"),
        ("assistant", "message"),
    ]
    assert truth[-1]["text"] == "It is 42."


async def test_a_tool_that_nobody_runs_is_waited_for_and_then_done_without(caller: Caller) -> None:
    steps = [{"call": "look_up", "wait": 5}, {"assistant": "It is {output}."}]
    call_id, _ = await listen(caller, {"steps": steps})
    call, reply = (await caller.truth(call_id))["transcript"]
    assert (call["type"], reply["text"]) == ("function_call", "It is .")


async def test_arguments_that_are_text_are_the_models_own_words(caller: Caller) -> None:
    steps = [
        {"call": "look_up", "arguments": '{"q": ', "output": "Nothing."},
        {"assistant": "I see: {output}"},
    ]
    call_id, socket = await listen(caller, {"steps": steps})
    call, output, reply = (await caller.truth(call_id))["transcript"]
    assert (call["arguments"], output["output"], reply["text"]) == ('{"q": ', "Nothing.", "I see: Nothing.")
    [told] = [event for event in socket.seen if event["type"] == "response.function_call_arguments.done"]
    assert told["arguments"] == '{"q": '


async def test_a_script_waits_for_the_response_that_the_session_does_not_create(caller: Caller) -> None:
    call_id = await caller.call()
    await caller.control("POST", f"calls/{call_id}/script", TALK)
    update = json.loads(json.dumps(UPDATE))
    update["session"]["audio"]["input"]["turn_detection"] = {"type": "server_vad", "create_response": False}
    async with caller.attach(call_id) as socket:
        await socket.send(update)
        await caller.truth(call_id, lambda call: call["script"]["state"] == "asking")
        await socket.send({"type": "response.create"})
        await socket.until("response.done")
    assert len((await caller.truth(call_id, finished))["transcript"]) == 2


async def test_a_failed_transcription_leaves_its_words_unknown(caller: Caller) -> None:
    steps = [{"user": "Mumble.", "fails": True}, {"assistant": "Pardon?"}]
    call_id, socket = await listen(caller, {"steps": steps})
    failed = [event for event in socket.seen if event["type"].endswith("transcription.failed")]
    assert failed[0]["error"]["code"] == "audio_unintelligible"
    first = (await caller.truth(call_id))["transcript"][0]
    assert (first["text"], first["spoken"], first["transcription"]) == (None, "Mumble.", "failed")


async def test_a_late_transcript_attaches_to_its_own_item(caller: Caller) -> None:
    await caller.control("POST", "faults", {"at": "transcription", "do": "delay", "seconds": 20})
    _, socket = await listen(caller, TALK)
    kinds = [event["type"] for event in socket.seen]
    late = kinds.index("conversation.item.input_audio_transcription.completed")
    assert late > kinds.index("output_audio_buffer.stopped")


async def test_without_transcription_nobody_writes_the_words_down(caller: Caller) -> None:
    call_id = await caller.call()
    await caller.control("POST", f"calls/{call_id}/script", TALK)
    async with caller.attach(call_id) as socket:
        await socket.send({"type": "session.update", "session": {"type": "realtime"}})
        truth = (await caller.truth(call_id, finished))["transcript"]
    assert (truth[0]["text"], truth[0]["spoken"]) == (None, "One two three.")


async def test_a_hangup_step_ends_the_call(caller: Caller) -> None:
    call_id = await caller.call()
    await caller.control("POST", f"calls/{call_id}/script", {"steps": [*TALK["steps"], {"hangup": True}]})
    async with caller.attach(call_id) as socket:
        await socket.send(UPDATE)
        assert (await socket.closed())[0] == 1000
    assert (await caller.truth(call_id))["end_reason"] == "hung up by the person"


async def test_a_live_script_does_not_wait_for_anyone(caller: Caller) -> None:
    call_id = await caller.call()
    await caller.control("POST", f"calls/{call_id}/script", {**TALK, "start": "live"})
    assert len((await caller.truth(call_id, finished))["transcript"]) == 2


async def test_calls_take_the_default_script_unless_told_otherwise(caller: Caller) -> None:
    await caller.control("PUT", "scripts/default", {**TALK, "name": "talk"})
    plain, marked = await caller.call(), await caller.call(script="none")
    assert (await caller.truth(plain))["script"]["name"] == "talk"
    assert (await caller.truth(marked))["script"] is None


async def test_a_script_that_makes_no_sense_names_the_step(caller: Caller) -> None:
    with pytest.raises(Refused) as answer:
        await caller.control("PUT", "scripts/odd", {"steps": [{"user": "Hi."}, {"sing": "La."}]})
    assert answer.value.status == 400
    assert "step 2" in answer.value.body["error"]["message"]


async def test_a_script_that_cannot_go_on_says_why() -> None:
    fault = {"at": "calls", "do": "drop"}
    async with Simulator().running() as simulator, Caller(simulator.url) as caller:
        call_id = await caller.call()
        for _ in range(limits.MAX_FAULTS):
            simulator.state.world.faults.add(fault)
        steps = [{"typed": "Hi."}, {"fault": fault}]
        await caller.control("POST", f"calls/{call_id}/script", {"start": "live", "steps": steps})
        script = (await caller.truth(call_id, lambda call: call["script"]["state"] == "failed"))["script"]
        assert script["step"] == 2
        assert "faults" in script["problem"]
