"""Some hosts on one world for tests to tell stories of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from sideband import limits
from sideband.host import Host
from sideband.queue import Message
from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import Throttled
from switchboard.domain.secret import ClientSecret
from switchboard.stores.memory_calls import MemoryCalls

from tests.unit.sideband_scene import SESSION
from tests.unit.sideband_world import START, Lingering, World, in_leaps, until


class NoMessages:
    """A queue in which there is never anything."""

    def receive(self) -> Sequence[Message]:
        return []

    def delete(self, message: Message) -> None:
        raise AssertionError("there was none")

    give_back = delete


class Fleet:
    """Hosts on one world, each run by a task of the same name."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tasks: dict[str, asyncio.Task[None]] = {}
        world.stores.sessions.add(SESSION)
        world.stores.secrets.add("sess_1", 1, ClientSecret("ek_1", START + timedelta(hours=2)))
        world.stores.calls.add(Call("sess_1", 2, "rtc_1", START))

    @property
    def call(self) -> Call:
        call = self.world.stores.calls.find("sess_1", 2)
        assert call is not None
        return call

    def start(self, name: str, queue: NoMessages | None = None, capacity: int = 10) -> Host:
        shared = self.world.shared(name)
        shared.polls = Lingering()
        host = Host(shared, queue or NoMessages(), capacity)
        self.tasks[name] = asyncio.create_task(host.run())
        return host

    async def followed_by(self, name: str) -> None:
        await until(lambda: self.call.host == name and self.call.status == "followed", 120)

    async def kill(self, name: str) -> None:
        await end(self.tasks.pop(name))

    async def left(self, name: str) -> float:
        """Wait until the host has left; how long that took."""
        began = asyncio.get_running_loop().time()
        await asyncio.wait_for(self.tasks.pop(name), 60)
        return asyncio.get_running_loop().time() - began


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def fleet(story: Callable[[Fleet], Awaitable[None]], world: World | None = None) -> None:
    """Tell a story of some hosts."""

    async def tell() -> None:
        made = Fleet(world or World())
        try:
            await story(made)
        finally:
            for task in made.tasks.values():
                await end(task)

    in_leaps(tell())


class Forgetful(MemoryCalls):
    """Carries the first claim out, but its answer gets lost, how often it is asked."""

    lost = 0

    def claim(self, call: Call, host: str) -> Lease:
        lease = super().claim(call, host)
        self.lost += 1
        if self.lost <= limits.ASK_TRIES:
            raise Throttled("no answer in time")
        return lease


class Unreadable(MemoryCalls):
    """Cannot be read for a while."""

    seconds = 0.0

    def list(self, session_id: str) -> tuple[Call, ...]:
        if asyncio.get_running_loop().time() < self.seconds:
            raise Throttled("busy")
        return super().list(session_id)
