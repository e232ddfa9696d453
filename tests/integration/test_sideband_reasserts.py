"""A client that overwrites its session on connect meets a sideband that puts it right."""

from __future__ import annotations

from asyncio import to_thread
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from switchboard.domain.call import Call, instructions_mark
from switchboard.domain.secret import ApiKey
from switchboard.upstream.openai.http import OpenAIHttp
from switchboard.upstream.openai.realtime import OpenAIRealtime

from dev.simulator.caller import OFFER
from tests.integration.sideband_rig import KEY, Rig, rig, until

OVERWRITE = {
    "type": "session.update",
    "session": {
        "type": "realtime",
        "instructions": "You are the client's agent.",
        "tools": [],
        "audio": {
            "input": {
                "transcription": {"model": "gpt-4o-mini-transcribe"},
                "turn_detection": {"type": "semantic_vad"},
            }
        },
    },
}
TOOL = {"type": "function", "name": "look_up", "description": "Look up.", "parameters": {"type": "object"}}


async def relayed(it: Rig) -> Call:
    """A relayed call of a session that pins everything, followed by a host."""
    now = datetime.now(UTC)
    session = await it.session("sess_1")
    session = it.stores.sessions.save(
        replace(session, mode="relay", instructions="Be brief.", tools=[TOOL], secret_id="")
    )
    upstream = OpenAIRealtime(OpenAIHttp(it.sim.base_url, lambda: ApiKey(KEY)))
    placed = await to_thread(upstream.place, OFFER, session.config("gpt-live-transcribe"), "somebody")
    session = session.attach(placed.call_id, now)
    call = Call("sess_1", session.call_generation, placed.call_id, now, pinned=instructions_mark("Be brief."))
    it.stores.sessions.attach(session, call)
    it.hint("follow", "sess_1")
    await until(lambda: it.find(call).attached_at)
    return call


async def config(it: Rig, call: Call) -> dict[str, Any]:
    """The session's configuration as the upstream has it."""
    async with it.caller.attach(call.call_id, KEY) as socket:
        await socket.send({"type": "session.update", "session": {"type": "realtime"}})
        return dict((await socket.until("session.updated"))["session"])


async def test_the_key_that_placed_a_relayed_call_is_the_one_that_attaches() -> None:
    async with rig() as it:
        it.start("host_a")
        call = await relayed(it)
        assert it.find(call).credential == "api_key"


async def test_what_a_client_overwrites_on_connect_is_put_right_and_the_audit_says_so() -> None:
    async with rig() as it:
        it.start("host_a")
        call = await relayed(it)
        async with it.caller.attach(call.call_id, KEY) as browser:
            await browser.send(OVERWRITE)
            assert (await browser.until("session.updated"))["session"]["instructions"] != "Be brief."
            right = (await browser.until("session.updated"))["session"]
        assert right["instructions"] == "Be brief."
        assert [tool["name"] for tool in right["tools"]] == ["look_up"]
        assert right["audio"]["input"]["transcription"]["model"] == "gpt-live-transcribe"
        assert right["audio"]["input"]["turn_detection"]["type"] == "semantic_vad"
        [entry] = await until(lambda: it.stores.audits.list("sess_1", 9))
        assert entry.event == "config.reasserted"
        assert entry.facts == {"callId": call.call_id, "fields": ["instructions", "tools", "transcription"]}


async def test_what_was_overwritten_while_nobody_listened_is_put_right_on_the_next_connection() -> None:
    async with rig() as it:
        host = it.start("host_a")
        call = await relayed(it)
        await it.leave(host)
        async with it.caller.attach(call.call_id, KEY) as browser:
            await browser.send(OVERWRITE)
            await browser.until("session.updated")
        it.start("host_b")
        await until(lambda: it.stores.audits.list("sess_1", 9))
        assert (await config(it, call))["instructions"] == "Be brief."


async def test_a_client_that_insists_wins_in_the_end_and_the_audit_says_so() -> None:
    async with rig() as it:
        it.start("host_a")
        call = await relayed(it)
        async with it.caller.attach(call.call_id, KEY) as browser:
            for _ in range(8):
                await browser.send(OVERWRITE)
        entries = await until(
            lambda: [
                entry for entry in it.stores.audits.list("sess_1", 9) if entry.event == "config.given_up"
            ]
        )
        assert len(entries) == 1
