"""What a host tells those who watch, and that it waits for none of them, told in leaps of time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Literal

import pytest
from sideband import ending, limits
from sideband.aside import Aside
from switchboard.domain.call import Command
from switchboard.domain.errors import Throttled
from switchboard.domain.viewers import Notice, Viewer, of_message
from switchboard.stores.memory_viewers import MemoryMailboxes, MemoryViewers

from tests.unit.sideband_events import heard, reply
from tests.unit.sideband_fleet import Fleet, fleet
from tests.unit.sideband_scene import Scene, failing, scene
from tests.unit.sideband_world import AtOnce, World, now, until

LONG = "word " * 150


def watch(world: World, name: str = "v1", session_id: str = "sess_1") -> Viewer:
    """Let somebody watch."""
    viewer = Viewer(name, session_id, world.mailboxes.open(), now() + timedelta(minutes=6))
    world.stores.viewers.add(viewer)
    return viewer


def told(world: World, viewer: Viewer) -> list[Notice]:
    """What has come for the viewer since the last look."""
    messages = world.mailboxes.receive(viewer.mailbox, 0)
    return [notice for message in messages for notice in of_message(message)]


async def hears(world: World, viewer: Viewer, *words: str) -> list[Notice]:
    """Everything told until these words are among it."""
    notices: list[Notice] = []

    def look() -> bool:
        notices.extend(told(world, viewer))
        return all(any(word in str(notice.entries) for notice in notices) for word in words)

    await until(look, 60)
    return notices


class Slow(AtOnce):
    """A lane on which nothing ever comes to an end."""

    async def __call__(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        if "send" in str(work):
            await asyncio.sleep(10_000)
        return await super().__call__(work, *args, **kwargs)


class Counted(MemoryViewers):
    """Counts looks, and is too busy for the first of them."""

    def __init__(self, busy: int) -> None:
        super().__init__(now)
        self.looks = 0
        self.busy = busy

    def list(self, session_id: str) -> tuple[Viewer, ...]:
        self.looks += 1
        if self.looks <= self.busy:
            raise Throttled("busy")
        return super().list(session_id)


class Refusing(MemoryMailboxes):
    """Mailboxes that take nothing."""

    def __init__(self) -> None:
        super().__init__(now)
        self.tries = 0

    def send(self, address: str, text: str) -> None:
        self.tries += 1
        raise Throttled("busy")


def test_a_viewer_is_told_of_each_page_once_it_is_stored() -> None:
    async def story(it: Scene) -> None:
        viewer = watch(it.world)
        socket = await it.socket()
        socket.say(*heard("u1", None, "Hello."))
        notices = await hears(it.world, viewer, "Hello.")
        [page] = it.world.stores.transcripts.pages("sess_1", 2)
        last = notices[-1]
        assert (last.generation, last.page, last.revision, last.before) == (2, 1, page.revision, 0)
        assert list(last.entries or ()) == list(page.entries)
        socket.say(*reply("a1", "u1", LONG), *heard("u2", "a1", "Two."))
        notices = await hears(it.world, viewer, "Two.")
        pages = it.world.stores.transcripts.pages("sess_1", 2)
        assert {(notice.page, notice.before) for notice in notices} >= {
            (number, pages[number - 2].revision if number > 1 else 0) for number in range(2, len(pages) + 1)
        }

    scene(story)


def test_what_the_table_has_not_taken_nobody_is_told() -> None:
    async def story(it: Scene) -> None:
        viewer = watch(it.world)
        socket = await it.socket()
        socket.say(*heard("u1", None, "Hello."))
        await asyncio.sleep(15)
        assert not any(notice.entries for notice in told(it.world, viewer))
        await hears(it.world, viewer, "Hello.")
        assert asyncio.get_running_loop().time() >= 20

    scene(story, failing(20))


def test_who_comes_later_is_told_where_the_journal_stands() -> None:
    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "Hello."))
        await until(lambda: it.items)
        viewer = watch(it.world)
        it.follow.watch()
        await until(lambda: told(it.world, viewer), 1)

    scene(story)


def test_silence_is_broken_by_a_word_of_where_the_journal_stands() -> None:
    async def story(it: Scene) -> None:
        viewer = watch(it.world)
        await it.socket()
        await asyncio.sleep(1)
        told(it.world, viewer)
        await asyncio.sleep(4 * limits.LIVE_BEAT)
        assert 3 <= len(told(it.world, viewer)) <= 5

    scene(story)


def test_a_call_that_nobody_watches_costs_one_look() -> None:
    world = World()
    viewers = world.stores.viewers = Counted(0)

    async def story(it: Scene) -> None:
        socket = await it.socket()
        socket.say(*heard("u1", None, "Hello."))
        await asyncio.sleep(300)
        assert viewers.looks == 1

    scene(story, world)


def test_a_busy_table_is_asked_again_who_watches() -> None:
    world = World()
    viewers = world.stores.viewers = Counted(0)

    async def story(it: Scene) -> None:
        viewer = watch(it.world)
        viewers.busy = viewers.looks + 5
        await it.socket()
        await until(lambda: told(it.world, viewer), 60)

    scene(story, world)


@pytest.mark.parametrize("lane", [Slow, AtOnce])
def test_writing_waits_for_no_viewer(lane: type[Aside]) -> None:
    world = World()
    mailboxes = world.mailboxes = Refusing()
    world.lanes["live"] = lane()  # type: ignore[call-arg]  # these take nothing

    async def story(it: Scene) -> None:
        watch(it.world)
        socket = await it.socket()
        for number in range(20):
            began = asyncio.get_running_loop().time()
            socket.say(*heard(f"u{number}", None, f"Number {number}."))
            await until(lambda: len(it.items) > number)  # noqa: B023 (done before the next turn)
            assert asyncio.get_running_loop().time() - began < 1
        it.follow.stop(ending.ENDED)
        began = asyncio.get_running_loop().time()
        await it.over()
        assert it.call.status == "closed"
        assert asyncio.get_running_loop().time() - began < limits.LAST_FRAMES + limits.LIVE_SEND + 1

    scene(story, world)
    assert (mailboxes.tries > 0) == (lane is AtOnce)


def test_a_viewer_whose_mailbox_is_gone_is_told_nothing_more() -> None:
    class Watched(MemoryMailboxes):
        sent = 0

        def send(self, address: str, text: str) -> None:
            self.sent += 1
            super().send(address, text)

    world = World()
    mailboxes = world.mailboxes = Watched(now)

    async def story(it: Scene) -> None:
        viewer = watch(it.world)
        await it.socket()
        await asyncio.sleep(2 * limits.LIVE_WAKES)
        it.world.mailboxes.close(viewer.mailbox)
        await asyncio.sleep(2 * limits.LIVE_BEAT)
        before = mailboxes.sent
        await asyncio.sleep(300)
        assert mailboxes.sent == before

    scene(story, world)


def test_a_viewer_who_never_left_is_told_nothing_once_no_stream_can_be_open() -> None:
    async def story(it: Scene) -> None:
        viewer = watch(it.world)
        await it.socket()
        await asyncio.sleep((viewer.until - now()).total_seconds() + limits.LIVE_BEAT)
        assert told(it.world, viewer)
        await asyncio.sleep(4 * limits.LIVE_BEAT)
        assert told(it.world, viewer) == []

    scene(story)


def test_the_last_words_come_before_the_end_of_the_call() -> None:
    async def story(it: Scene) -> None:
        viewer = watch(it.world)
        socket = await it.socket()
        socket.say(*heard("u1", None, "Bye."))
        it.follow.stop(ending.ENDED)
        await it.over()
        notices = told(it.world, viewer)
        assert "Bye." in str(notices[-1].entries)
        assert [notice.over for notice in notices].count(True) == 1
        assert notices[-1].over
        assert it.call.status == "closed"

    scene(story)


def test_who_takes_a_call_over_tells_its_viewers_where_it_goes_on() -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        viewer = watch(it.world)
        await until(lambda: it.world.upstream.sockets)
        it.world.upstream.sockets[0].say(*heard("u1", None, "Hello."))
        await until(lambda: it.world.stores.transcripts.pages("sess_1", 2))
        it.start("host_b")
        await it.kill("host_a")
        await it.followed_by("host_b")
        await until(lambda: len(it.world.upstream.sockets) > 1)
        notices = await until(lambda: told(it.world, viewer), 60)
        first, _ = it.world.stores.transcripts.pages("sess_1", 2)[:2]
        assert (notices[0].page, notices[0].before) == (2, first.revision)

    fleet(story)


def test_a_hint_that_meets_the_wrong_host_reaches_the_right_one() -> None:
    async def story(it: Fleet) -> None:
        it.start("host_a")
        await it.followed_by("host_a")
        other = it.start("host_b")
        await asyncio.sleep(3)
        viewer = watch(it.world)
        await other.roster.heed(Command("watch", "sess_1", 2))
        await until(lambda: told(it.world, viewer), 10)

    fleet(story)


@pytest.mark.parametrize("kind", ["end", "watch"])
def test_who_watches_a_session_without_a_call_is_told_to_look(kind: Literal["end", "watch"]) -> None:
    async def story(it: Fleet) -> None:
        host = it.start("host_a")
        await it.followed_by("host_a")
        host.roster.follows["sess_1", 2].stop(ending.HUNG_UP)
        await until(lambda: it.call.status == "closed")
        viewer = watch(it.world)
        await host.roster.heed(Command(kind, "sess_1", 2))
        [notice] = told(it.world, viewer)
        assert (notice.generation, notice.over) == (0, True)

    fleet(story)


def test_before_the_first_word_there_is_no_page_to_tell_of() -> None:
    async def story(it: Scene) -> None:
        viewer = watch(it.world)
        await it.socket()
        [first, *_] = await until(lambda: told(it.world, viewer))
        assert (first.page, first.revision, list(first.entries or ())) == (0, 0, [])

    scene(story)
