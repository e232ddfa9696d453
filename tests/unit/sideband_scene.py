"""One followed call for tests to tell stories of, and a table that refuses for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sideband.follow import Follow
from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import Throttled
from switchboard.domain.secret import ClientSecret
from switchboard.domain.session import Session
from switchboard.domain.transcript import Item, merge_entries, order
from switchboard.stores.memory import MemoryTranscripts

from tests.unit.sideband_world import START, FakeSocket, World, in_leaps, until

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

    def __init__(self, world: World | None = None, session: Session = SESSION) -> None:
        self.world = world or World()
        self.session = session
        self.upstream = self.world.upstream
        self.world.stores.sessions.add(session)
        self.world.stores.secrets.add("sess_1", 1, ClientSecret("ek_1", START + timedelta(hours=2)))
        self.world.stores.calls.add(Call("sess_1", 2, "rtc_1", START))
        self.shared = self.world.shared()
        self.follow = Follow(self.call, self.claim("host_a"), self.session, self.shared)
        self.task = asyncio.create_task(self.follow.run())

    async def over_and_again(self) -> None:
        """Let another claim follow in place of the first, which had not begun."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.follow = Follow(self.call, self.claim("host_a"), self.session, self.shared)
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


def scene(
    story: Callable[[Scene], Awaitable[None]], world: World | None = None, session: Session = SESSION
) -> Scene:
    """Tell a story of one followed call."""

    async def tell() -> Scene:
        made = Scene(world, session)
        await story(made)
        made.task.cancel()
        await asyncio.gather(made.task, return_exceptions=True)
        return made

    return in_leaps(tell())


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
