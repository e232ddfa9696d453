"""One host follows calls of the simulator over real sockets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from switchboard.domain.call import Lease
from switchboard.domain.errors import Throttled
from switchboard.stores.memory import MemoryTranscripts

from tests.integration.sideband_rig import Rig, rig, until

TALK = {
    "name": "talk",
    "steps": [
        {"user": "Hello, my name is Ada."},
        {"assistant": "Hello Ada."},
        {"user": "I live in Lisbon.", "transcript_after": 1.0},
        {"assistant": "A lovely city, with a river that is nearly a sea."},
        {"user": "I want to learn Portuguese."},
        {"call": "find_course", "arguments": {"city": "Lisbon"}, "output": {"day": "Tuesday"}},
        {"assistant": "There is a course on Tuesdays."},
    ],
}
SCRIPTS = {"talk": TALK, "demo2": TALK}


async def begin(it: Rig, session_id: str = "sess_1", script: str = "talk") -> Any:
    """A session with a call that plays a script."""
    await it.session(session_id)
    secret = it.stores.secrets.list(session_id)[0].value
    return it.attach(session_id, await it.caller.call(secret, script=script))


async def test_what_was_said_is_in_the_table_in_order() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a")
        call = await begin(it)
        await it.plays(call)
        followed = it.find(call)
        assert (followed.status, followed.host, followed.credential) == (
            "followed",
            "host_a",
            "client_secret",
        )


async def test_interruptions_and_late_transcripts_are_told_as_they_were() -> None:
    async with rig(speed=10) as it:
        it.start("host_a")
        call = await begin(it, script="demo")
        await it.plays(call)
        assert any(item.interrupted for item in it.items(call))


async def test_a_call_without_a_command_is_found_by_sweeping() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a")
        await it.session("sess_1")
        secret = it.stores.secrets.list("sess_1")[0].value
        call = it.attach("sess_1", await it.caller.call(secret, script="talk"), hint=False)
        await it.plays(call)


async def test_a_call_that_is_not_live_yet_is_attached_to_as_soon_as_it_is() -> None:
    async with rig(speed=10, live_after=1.5, scripts=SCRIPTS) as it:
        it.start("host_a")
        call = await begin(it)
        await it.plays(call)


async def test_a_call_made_with_our_own_key_is_attached_to_with_it() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a")
        await it.session("sess_1")
        call = it.attach("sess_1", await it.caller.call(session={"type": "realtime"}, script="talk"))
        await until(lambda: it.find(call).credential == "api_key")


async def test_repeated_and_late_commands_do_no_harm() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a")
        it.start("host_b")
        call = await begin(it)
        for _ in range(5):
            it.hint("follow", "sess_1")
        await it.plays(call)
        assert (await it.caller.truth(call.call_id))["attachments"] == 1
        it.end("sess_1")
        await until(lambda: it.find(call).status == "closed")
        it.hint("follow", "sess_1")
        it.hint("end", "sess_1")
        await until(lambda: len(it.queue.deleted) == 9)
        assert it.find(call).reason == "ended"


async def test_a_malformed_command_is_left_to_the_dead_letter_queue() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.queue.put("{}")
        it.queue.put("nonsense")
        it.queue.put('{"type":"dance","sessionId":"sess_1","generation":1}')
        it.start("host_a")
        call = await begin(it)
        await until(lambda: it.find(call).attached_at)
        assert len(it.queue.deleted) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "drop", "event": "conversation.item.done", "skip": 1},
        {"do": "close", "code": 1000, "event": "response.done"},
        {"do": "duplicate", "times": None},
        {"do": "reorder", "event": "conversation.item.*", "times": None},
        {"do": "garbage", "times": 3},
        {"do": "lose", "event": "conversation.item.added", "skip": 1},
        {"do": "lose", "event": "*input_audio_transcription.completed"},
    ],
    ids=lambda fault: f"{fault['do']}-{fault.get('event', 'any')}",
)
async def test_the_transcript_is_true_although_the_upstream_misbehaves(fault: dict[str, Any]) -> None:
    async with rig(speed=5, scripts=SCRIPTS, faults=({"at": "socket", **fault},)) as it:
        it.start("host_a")
        call = await begin(it)
        if fault["do"] == "lose" and "transcription" in fault["event"]:
            await it.caller.truth(call.call_id, lambda told: told["script"]["state"] == "finished")
            await it.caller.control("POST", f"calls/{call.call_id}/disconnect", {})
        await it.plays(call)


async def test_what_was_said_while_the_line_was_down_is_retrieved() -> None:
    async with rig(speed=2, scripts=SCRIPTS) as it:
        it.start("host_a")
        call = await begin(it)
        await until(lambda: len(it.items(call)) >= 3)
        fault = {"at": "attach", "do": "status", "status": 503, "times": 3}
        await it.caller.control("POST", "faults", fault)
        await it.caller.control("POST", f"calls/{call.call_id}/disconnect", {"code": 1012})
        await it.plays(call)
        assert (await it.caller.truth(call.call_id))["attachments"] == 2


async def test_a_hung_up_call_is_closed() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a")
        call = await begin(it)
        await it.plays(call)
        await it.caller.control("POST", f"calls/{call.call_id}/hangup", {})
        await until(lambda: it.find(call).reason == "hung_up")


async def test_a_call_whose_hour_is_over_is_closed_as_expired() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a")
        call = await begin(it)
        await until(lambda: it.find(call).attached_at)
        await it.caller.control("POST", f"calls/{call.call_id}/expire", {})
        await until(lambda: it.find(call).reason == "expired")


async def test_the_end_of_a_session_hangs_up_and_keeps_the_last_words() -> None:
    async with rig(speed=1, scripts=SCRIPTS) as it:
        it.start("host_a")
        call = await begin(it)
        await until(lambda: len(it.items(call)) >= 2)
        it.end("sess_1")
        await until(lambda: it.find(call).reason == "ended")
        told = await it.caller.truth(call.call_id)
        assert told["end_reason"] == "hung up through the API"
        assert all(item.status not in ("in_progress", "pending") for item in it.items(call))


async def test_an_old_call_is_heard_until_its_browser_leaves_it_for_the_new() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.start("host_a")
        old = await begin(it)
        await until(lambda: it.find(old).attached_at)
        secret = it.stores.secrets.list("sess_1")[0].value
        new = it.attach("sess_1", await it.caller.call(secret, script="talk"))
        await it.plays(new)
        assert (await it.caller.truth(old.call_id))["state"] == "live"
        assert it.find(old).status == "followed"
        await it.caller.control("POST", f"calls/{old.call_id}/hangup", {})
        await until(lambda: it.find(old).reason == "hung_up")


class ThrottledTranscripts(MemoryTranscripts):
    """Refuses the first writes."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        self.refusals -= 1
        if self.refusals >= 0:
            raise Throttled("busy")
        super().write(lease, number, revision, entries)


async def test_a_throttled_table_delays_the_transcript_and_loses_nothing() -> None:
    async with rig(speed=10, scripts=SCRIPTS) as it:
        it.stores.transcripts = ThrottledTranscripts(5)
        host = it.start("host_a")
        call = await begin(it)
        await it.plays(call)
        assert host.shared.metrics.write_retries == 5
        assert host.shared.metrics.items_lost == 0
