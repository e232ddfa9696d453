"""The life of one follow, told in leaps of time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sideband import ending, limits
from sideband.follow import Follow
from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import Throttled, UpstreamUnavailable
from switchboard.domain.secret import ClientSecret, Credential
from switchboard.domain.session import Session
from switchboard.domain.transcript import Item, merge_entries, order
from switchboard.stores.memory import MemoryTranscripts

from tests.unit.sideband_events import appeared, delta, heard, reply, retrieved
from tests.unit.sideband_world import START, FakeSocket, World, in_leaps, refusing, until

SESSION = Session(
    id="sess_1",
    owner="guest:1",
    mode="direct",
    model="m",
    voice="v",
    transcription=True,
    base_instructions="",
    instructions="",
    secret_id="",
    created_at=START,
    updated_at=START,
    call_id="rtc_1",
    generation=2,
    call_generation=2,
)


class Scene:
    """One call, claimed and followed."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.upstream = self.world.upstream
        self.world.stores.sessions.add(SESSION)
        self.world.stores.secrets.add("sess_1", 1, ClientSecret("ek_1", START + timedelta(hours=2)))
        self.world.stores.calls.add(Call("sess_1", 2, "rtc_1", START))
        self.shared = self.world.shared()
        self.follow = Follow(self.call, self.claim("host_a"), SESSION, self.shared)
        self.task = asyncio.create_task(self.follow.run())

    async def over_and_again(self) -> None:
        """Let another claim follow in place of the first, which had not begun."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.follow = Follow(self.call, self.claim("host_a"), SESSION, self.shared)
        self.task = asyncio.create_task(self.follow.run())

    def claim(self, host: str) -> Lease:
        return self.world.stores.calls.claim(self.call, host)

    @property
    def call(self) -> Call:
        call = self.world.stores.calls.find("sess_1", 2)
        assert call is not None
        return call

    @property
    def items(self) -> list[Item]:
        pages = self.world.stores.transcripts.pages("sess_1", 2)
        return order(merge_entries(entry for page in pages for entry in page.entries).items.values())

    async def socket(self, number: int = 1) -> FakeSocket:
        """The nth connection, once it is open and greeted."""
        await until(lambda: len(self.upstream.sockets) >= number and self.upstream.sockets[number - 1].sent)
        return self.upstream.sockets[number - 1]

    async def over(self) -> None:
        await asyncio.wait_for(self.task, 7200)


def scene(story: Callable[[Scene], Awaitable[None]], world: World | None = None) -> Scene:
    """Tell a story of one followed call."""

    async def tell() -> Scene:
        made = Scene(world)
        await story(made)
        made.task.cancel()
        await asyncio.gather(made.task, return_exceptions=True)
        return made

    return in_leaps(tell())


def test_an_upstream_that_accepts_and_hangs_up_is_not_hammered() -> None:
    async def story(it: Scene) -> None:
        for number in range(1, 20):
            (await it.socket(number)).hang(1011)
        times = [seconds for seconds, _ in it.upstream.tries]
        gaps = [after - before for before, after in pairwise(times)]
        assert gaps[-1] >= limits.TROUBLE_LONGEST / 2
        assert all(after >= before / 2 for before, after in pairwise(gaps))

    scene(story)


def test_after_a_sound_connection_the_next_comes_at_once() -> None:
    async def story(it: Scene) -> None:
        for number in range(1, 9):
            (await it.socket(number)).hang(1011)
        socket = await it.socket(9)
        await asyncio.sleep(limits.STABLE + 1)
        dropped_at = asyncio.get_running_loop().time()
        socket.hang(1006)
        await it.socket(10)
        assert it.upstream.tries[-1][0] - dropped_at <= limits.ATTACH_FIRST + 0.01

    scene(story)


def test_a_clean_close_and_then_nothing_is_a_hang_up() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.upstream.answer = refusing(404)
        socket.hang(1000)
        closed_at = asyncio.get_running_loop().time()
        await it.over()
        assert it.call.reason == "hung_up"
        assert asyncio.get_running_loop().time() - closed_at < limits.REATTACH_PATIENCE + 2
        assert it.upstream.hung_up == []

    scene(story)


def test_a_clean_close_may_be_a_rotation() -> None:
    async def story(it: Scene) -> None:
        (await it.socket()).hang(1000)
        (await it.socket(2)).say(*reply("a1", None, "Still here."))
        await until(lambda: [item.text for item in it.items] == ["Still here."])

    scene(story)


def test_a_broken_connection_is_given_more_time_than_a_clean_close() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.upstream.answer = refusing(404, until=asyncio.get_running_loop().time() + 10)
        socket.hang(1006)
        await it.socket(2)

    scene(story)


@pytest.mark.parametrize("announced", [True, False])
def test_going_away_when_the_hour_is_over_is_the_end(announced: bool) -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        if announced:
            expires_at = START.timestamp() + 3600
            socket.say({"type": "session.updated", "session": {"expires_at": expires_at}})
            await asyncio.sleep(3599)
        else:
            it.upstream.answer = refusing(404)
        socket.hang(1001)
        await it.over()
        assert it.call.reason == "expired"

    scene(story)


def test_going_away_in_the_middle_is_not_the_end() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say({"type": "session.updated", "session": {"expires_at": START.timestamp() + 3600}})
        socket.hang(1001)
        await it.socket(2)

    scene(story)


def test_a_call_that_never_was_is_closed_as_not_found() -> None:
    world = World()
    world.upstream.answer = refusing(404)

    async def story(it: Scene) -> None:
        await it.over()
        assert it.call.reason == "not_found"

    scene(story, world)


def test_the_end_of_the_session_hangs_up_with_the_key_that_attached() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "Hello?"), appeared("a1", "u1"), delta("a1", "Hel"))
        await asyncio.sleep(0)
        it.follow.stop(ending.ENDED)
        await it.over()
        assert it.upstream.hung_up == [("rtc_1", "ek_1")]
        assert it.call.reason == "ended"
        assert [(item.text, item.status) for item in it.items] == [
            ("Hello?", "completed"),
            ("Hel", "incomplete"),
        ]
        assert socket.closed

    scene(story)


def test_words_said_while_hanging_up_are_heard() -> None:
    world = World()
    world.upstream.ends_on_hangup = False

    async def story(it: Scene) -> None:
        socket = await it.socket()
        it.follow.stop(ending.ENDED)
        await until(lambda: it.upstream.hung_up)
        socket.say(*reply("a1", None, "Goodbye!"))
        socket.hang(1000)
        await it.over()
        assert [item.text for item in it.items] == ["Goodbye!"]

    scene(story, world)


def test_a_line_that_does_not_end_is_hung_up_with_every_key() -> None:
    world = World()
    world.upstream.ends_on_hangup = False

    async def story(it: Scene) -> None:
        await it.socket()
        it.follow.stop(ending.ENDED)
        await it.over()
        assert [key for _, key in it.upstream.hung_up] == ["ek_1", "sk-ours"]
        assert it.call.reason == "ended"

    scene(story, world)


def test_a_call_that_we_could_not_attach_to_is_hung_up_with_every_key() -> None:
    world = World()
    world.upstream.answer = refusing(404)

    async def story(it: Scene) -> None:
        await until(lambda: it.upstream.tries)
        it.follow.stop(ending.REPLACED)
        await it.over()
        assert [key for _, key in it.upstream.hung_up] == ["ek_1", "sk-ours"]
        assert it.call.reason == "replaced"

    scene(story, world)


def test_a_hang_up_that_fails_does_not_keep_the_call_open() -> None:
    async def story(it: Scene) -> None:
        await it.socket()

        def fail(call_id: str, credential: Credential | None = None) -> None:
            raise UpstreamUnavailable("no")

        it.upstream.hang_up = fail  # type: ignore[method-assign]
        it.follow.stop(ending.ENDED)
        await it.over()
        assert it.call.status == "closed"

    scene(story)


def test_a_follow_that_is_stopped_before_it_begins_attaches_to_nothing() -> None:
    async def story(it: Scene) -> None:
        it.follow.stop(ending.ENDED)
        await it.over()
        assert it.upstream.tries == []
        assert len(it.upstream.hung_up) == 2
        assert it.call.reason == "ended"

    scene(story)


def test_a_release_writes_everything_and_leaves_the_call_to_others() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "Hello?"))
        await asyncio.sleep(0)
        it.follow.stop(ending.Released())
        await it.over()
        assert (it.call.status, it.call.host) == ("pending", None)
        assert [item.text for item in it.items] == ["Hello?"]
        assert it.upstream.hung_up == []
        assert socket.closed

    scene(story)


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
        it.world.stores.calls.release(it.follow.lease)
        await it.over_and_again()
        socket = await it.socket()
        assert [frame["session"] for frame in socket.sent] == [{"type": "realtime"}]
        await asyncio.sleep(limits.SETTLED_DELAY + 0.1)
        entry = {"id": "a1", "kind": "message", "role": "assistant", "progress": 1, "lineage": 2}
        world.stores.transcripts.write(before, 1, 2, [{**entry, "previous": "root"}])
        await until(lambda: [frame["item_id"] for frame in socket.sent if "item_id" in frame] == ["a1"], 2)

    scene(story, world)


def test_only_the_first_ending_counts() -> None:
    async def story(it: Scene) -> None:
        await it.socket()
        it.follow.stop(ending.REPLACED)
        it.follow.stop(ending.ENDED)
        it.follow.stop(ending.Released())
        await it.over()
        assert it.call.reason == "replaced"

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


class Failing(MemoryTranscripts):
    """Refuses writes for so long."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.refused: list[float] = []

    def write(self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]) -> None:
        now = asyncio.get_running_loop().time()
        if now < self.seconds:
            self.refused.append(now)
            raise Throttled("busy")
        super().write(lease, number, revision, entries)


def failing(seconds: float) -> World:
    world = World()
    world.stores.transcripts = Failing(seconds)
    return world


def test_an_outage_of_the_table_loses_nothing() -> None:
    world = failing(600)

    async def story(it: Scene) -> None:
        socket = await it.socket()
        before = None
        for number in range(100):
            socket.say(*reply(f"a{number}", before, f"Words {number}."))
            before = f"a{number}"
            await asyncio.sleep(5)
        await until(lambda: len(it.items) == 100)
        assert [item.text for item in it.items] == [f"Words {number}." for number in range(100)]
        assert it.shared.metrics.items_lost == 0

    scene(story, world)
    transcripts = world.stores.transcripts
    assert isinstance(transcripts, Failing)
    assert len(transcripts.refused) < 600


def test_the_last_words_of_a_call_wait_for_the_table() -> None:
    async def story(it: Scene) -> None:
        (await it.socket()).say(*reply("a1", None, "Goodbye."))
        await asyncio.sleep(1)
        it.follow.stop(ending.ENDED)
        await it.over()
        assert [item.text for item in it.items] == ["Goodbye."]
        assert it.shared.metrics.items_lost == 0

    scene(story, failing(200))


def test_words_given_up_in_the_end_are_counted() -> None:
    async def story(it: Scene) -> None:
        (await it.socket()).say(*reply("a1", None, "Goodbye."))
        await asyncio.sleep(1)
        it.follow.stop(ending.ENDED)
        await it.over()
        assert it.shared.metrics.items_lost == 1
        assert it.call.status == "closed"

    scene(story, failing(2000))


def test_writes_wait_for_what_belongs_to_the_same_moment() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        for number in range(5):
            before = f"a{number - 1}" if number else None
            socket.say(appeared(f"a{number}", before))
            await asyncio.sleep(0.2)
            socket.say(*reply(f"a{number}", before, "Yes."))
            await asyncio.sleep(5)
        assert it.shared.metrics.writes == 5
        assert it.shared.metrics.lag_ms() == pytest.approx(1000 * limits.SETTLED_DELAY, rel=0.15)

    scene(story)


def test_a_missing_item_is_asked_for_though_the_line_is_silent() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*reply("a2", "a1", "Bye."))
        await until(lambda: [frame["item_id"] for frame in socket.sent if "item_id" in frame] == ["a1"], 5)
        socket.say(retrieved("a1", "Hello."))
        await until(lambda: [item.text for item in it.items] == ["Hello.", "Bye."], 5)

    scene(story)


def test_a_table_that_heals_gets_the_last_words_at_once() -> None:
    async def story(it: Scene) -> None:
        (await it.socket()).say(*reply("a1", None, "Goodbye."))
        await asyncio.sleep(59)
        it.follow.stop(ending.Released())
        await it.over()
        assert asyncio.get_running_loop().time() <= 60 + 2 * limits.WRITE_HURRIED
        assert [item.text for item in it.items] == ["Goodbye."]

    scene(story, failing(60))


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
        assert [item.text for item in it.items] == ["Late."]

    scene(story, world)
