"""How a call goes from one host to the next, told in leaps of time."""

from __future__ import annotations

import asyncio

import pytest
from sideband import ending, limits
from switchboard.domain.call import Lease
from switchboard.stores.memory import MemoryTranscripts

from tests.unit.sideband_events import heard, reply, retrieved
from tests.unit.sideband_scene import Scene, scene
from tests.unit.sideband_world import World, now, refusing, until


def test_a_host_that_has_released_a_call_listens_until_another_writes() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.follow.stop(ending.Released(linger=True))
        await until(lambda: it.call.status == "pending")
        socket.say(*reply("a1", None, "One."))
        await until(lambda: [item.text for item in it.items] == ["One."], 2)
        it.world.stores.transcripts.seal(it.claim("host_b"), 1)
        socket.say(*reply("a2", "a1", "Two."))
        await asyncio.wait_for(it.over(), 2)
        assert [item.text for item in it.items] == ["One."]
        assert socket.closed
        assert len(it.upstream.sockets) == 1

    scene(story)


@pytest.mark.parametrize("dropped", [True, False])
def test_a_released_call_that_nobody_takes_is_let_go_of(dropped: bool) -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.follow.stop(ending.Released(linger=True))
        await until(lambda: it.call.status == "pending")
        if dropped:
            socket.hang(1006)
        await asyncio.wait_for(it.over(), limits.LINGER + 1)
        assert it.call.status == "pending"
        assert len(it.upstream.sockets) == 1

    scene(story)


def test_a_call_is_taken_over_only_once_the_earlier_host_has_written_what_it_heard() -> None:
    world = World()
    before = Lease("sess_1", 2, "rtc_1", "host_0", 1)
    world.stores.transcripts.write(before, 1, 1, [])

    async def story(it: Scene) -> None:
        it.world.stores.calls.release(it.follow.lease, now())
        await it.over_and_again()
        socket = await it.socket()
        assert [frame["session"] for frame in socket.sent] == [{"type": "realtime"}]
        await asyncio.sleep(limits.SETTLED_DELAY + 0.1)
        entry = {"id": "a1", "kind": "message", "role": "assistant", "progress": 1, "lineage": 2}
        world.stores.transcripts.write(before, 1, 2, [{**entry, "previous": "root"}])
        await until(lambda: [frame["item_id"] for frame in socket.sent if "item_id" in frame] == ["a1"], 2)

    scene(story, world)


def test_a_call_that_ends_while_it_is_handed_over_keeps_what_the_earlier_host_still_writes() -> None:
    async def story(it: Scene) -> None:
        before = it.follow.lease
        it.world.stores.calls.release(before, now())
        await it.over_and_again()
        it.follow.stop(ending.ENDED)
        await asyncio.sleep(limits.ENDING_OVERLAP - 0.1)
        last_words = {"id": "a1", "kind": "message", "role": "assistant", "progress": 2, "previous": "root"}
        it.world.stores.transcripts.write(before, 1, 1, [last_words])
        await it.over()
        assert [item.id for item in it.items] == ["a1", "gap_2_1"]
        assert (it.call.status, it.call.reason) == ("closed", "ended")

    scene(story)


@pytest.mark.parametrize("ends", ["upstream", "here"])
def test_what_is_heard_before_the_pages_are_taken_over_is_kept_though_the_call_ends(ends: str) -> None:
    async def story(it: Scene) -> None:
        it.world.stores.calls.release(it.follow.lease, now())
        await it.over_and_again()
        socket = await it.socket()
        socket.say(*reply("a1", None, "Goodbye."))
        await asyncio.sleep(0.1)
        it.upstream.answer = refusing(404)
        if ends == "here":
            it.follow.stop(ending.PAST_LIMIT)
        else:
            socket.hang(1000)
        await it.over()
        assert [item.text for item in it.items if item.text] == ["Goodbye."]

    scene(story)


def test_a_host_told_to_leave_before_it_had_the_pages_writes_what_it_has_heard() -> None:
    async def story(it: Scene) -> None:
        it.world.stores.calls.release(it.follow.lease, now())
        await it.over_and_again()
        socket = await it.socket()
        socket.say(*reply("a1", None, "One."))
        await asyncio.sleep(0.1)
        it.follow.stop(ending.Released(linger=True))
        await until(lambda: it.call.status == "pending", 5)
        assert [item.text for item in it.items if item.text] == ["One."]
        socket.say(*reply("a2", "a1", "Two."))
        await until(lambda: [item.text for item in it.items if item.text] == ["One.", "Two."], 2)

    scene(story)


def test_a_lost_lease_ends_the_follow_in_silence() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*reply("a1", None, "One."))
        await until(lambda: it.items)
        thief = it.claim("host_b")
        it.world.stores.transcripts.seal(thief, 1)
        socket.say(*reply("a2", "a1", "Two."))
        await it.over()
        assert [item.text for item in it.items] == ["One."]
        assert it.upstream.hung_up == []
        assert (it.call.host, it.call.status) == ("host_b", "followed")
        assert socket.closed

    scene(story)


class Raced(MemoryTranscripts):
    """The earlier host gets one more write through between the new host's reading and its seal."""

    def seal(self, lease: Lease, after: int) -> int:
        if lease.number == 2 and self.pages("sess_1", 2)[-1].revision == 1:
            late = {"id": "a1", "kind": "message", "role": "assistant", "progress": 2, "lineage": 2}
            entry = {**late, "previous": "root", "parts": [[0, "audio", 3, "Late."]]}
            self.write(Lease("sess_1", 2, "rtc_1", "host_0", 1), after, 2, [entry])
        return super().seal(lease, after)


def test_a_takeover_knows_what_the_earlier_host_wrote_last() -> None:
    world = World()
    transcripts = world.stores.transcripts = Raced()
    unfinished = {"id": "a1", "kind": "message", "role": "assistant", "progress": 1, "lineage": 2}
    transcripts.write(Lease("sess_1", 2, "rtc_1", "host_0", 1), 1, 1, [{**unfinished, "previous": "root"}])

    async def story(it: Scene) -> None:
        await it.over_and_again()
        socket = await it.socket()
        await asyncio.sleep(5)
        assert {frame["type"] for frame in socket.sent} == {"session.update"}
        assert [(item.kind, item.text) for item in it.items] == [("message", "Late."), ("gap", "")]

    scene(story, world)


@pytest.mark.parametrize("missed", [True, False])
def test_what_may_have_been_said_while_nobody_listened_is_a_gap(missed: bool) -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "One."))
        await until(lambda: it.items)
        socket.hang(1006)
        again = await it.socket(2)
        if missed:
            again.say(*heard("u4", "u3", "Four."))
            await until(lambda: any("item_id" in frame for frame in again.sent))
            again.say(retrieved("u3", "Three."))
        else:
            again.say(*heard("u2", "u1", "Two."))
        wanted = ["One.", "", "Three.", "Four."] if missed else ["One.", "Two."]
        await until(lambda: [item.text for item in it.items] == wanted, 30)
        assert [item.status for item in it.items].count("lost") == missed

    scene(story)


def test_a_call_that_ends_before_it_is_taken_over_ends_with_a_gap() -> None:
    async def story(it: Scene) -> None:
        it.upstream.answer = refusing(404)
        await it.over_and_again()
        await it.over()
        assert it.call.reason == "not_found"
        assert [item.kind for item in it.items] == ["gap"]

    scene(story)


@pytest.mark.parametrize(("seconds", "gaps"), [(0.0, 0), (5.0, 1)])
def test_a_clean_close_is_a_gap_if_the_call_may_have_gone_on_without_us(seconds: float, gaps: int) -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "One."))
        await until(lambda: it.items)
        it.upstream.answer = refusing(503 if seconds else 404)
        socket.hang(1000)
        await asyncio.sleep(seconds)
        it.upstream.answer = refusing(404)
        await it.over()
        assert it.call.reason == "hung_up"
        assert [item.kind for item in it.items].count("gap") == gaps

    scene(story)


@pytest.mark.parametrize(
    ("code", "seconds", "gaps"),
    [(1000, 0.1, 0), (1000, 2.0, 1), (1001, 0.1, 1)],
    ids=["hung up", "hung up or broken", "going away"],
)
def test_a_call_that_is_ended_while_nobody_listens_has_a_gap_unless_it_was_just_hung_up(
    code: int, seconds: float, gaps: int
) -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "One."))
        await until(lambda: it.items)
        it.upstream.answer = refusing(503)
        socket.hang(code)
        await asyncio.sleep(seconds)
        it.follow.stop(ending.ENDED)
        await it.over()
        assert it.call.reason == "ended"
        assert [item.kind for item in it.items].count("gap") == gaps

    scene(story)
