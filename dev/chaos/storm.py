"""Do all the harm there is, and count it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

from switchboard.domain.call import Call
from switchboard.domain.session import Session

from dev.chaos import limits
from dev.chaos.scripts import script
from dev.chaos.storm_proxy import StormProxy
from dev.chaos.takeovers import Takeovers
from dev.chaos.world import World
from dev.engine.processes import ChildFailed
from dev.simulator.caller import Caller, Refused

SPOILT = {
    ("status", 404): "handshakes answered with 404",
    ("status", 503): "handshakes answered with 503",
    ("duplicate", None): "frames told twice",
    ("reorder", None): "frames overtaken",
}


class Storm:
    """Begins calls on a world and breaks what carries them; `calls` are those that were begun."""

    def __init__(
        self, world: World, caller: Caller, proxy: StormProxy, takeovers: Takeovers, chance: Random
    ) -> None:
        self.calls: list[Call] = []
        self.counts: Counter[str] = proxy.counts
        self._world = world
        self._caller = caller
        self._proxy = proxy
        self._takeovers = takeovers
        self._chance = chance
        self._busy = asyncio.Semaphore(limits.PARALLEL)

    async def rage(self, calls: int, seconds: float) -> None:
        """Begin so many calls within that time, and break things until it is over."""
        for number in range(limits.SCRIPTS):
            talk = script(self._chance, f"talk{number}")
            await self._caller.control("PUT", f"scripts/{talk['name']}", talk)
        await self._spoil_the_upstream()
        harm = [
            asyncio.create_task(deed()) for deed in (self._kill, self._deploy, self._drop, self._throttle)
        ]
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(calls):
                    group.create_task(self._begin(number, seconds * 0.7 * number / calls))
                group.create_task(asyncio.sleep(seconds))
        finally:
            for task in harm:
                task.cancel()
            await asyncio.gather(*harm, return_exceptions=True)
            self._proxy.refused = self._proxy.answers_lost = 0.0
            for fault in (await self._caller.control("GET", "faults"))["faults"]:
                self.counts[SPOILT[fault["do"], fault.get("status")]] += fault["done"]
            await self._caller.control("DELETE", "faults")

    async def _begin(self, number: int, delay: float) -> None:
        """Open a session with a call that plays a script, and hint at it."""
        await asyncio.sleep(delay)
        now = datetime.now(UTC)
        call_id = await self._caller.call(script=f"talk{number % limits.SCRIPTS}")
        fresh = Session(
            id=f"sess_{number:032x}",
            owner="guest:chaos",
            mode="direct",
            model="gpt-realtime-2.1",
            voice="marin",
            transcription=True,
            base_instructions="",
            instructions="",
            secret_id="",
            created_at=now,
            updated_at=now,
        )
        session = fresh.attach(call_id, now)
        call = Call(session.id, session.call_generation, call_id, now)
        async with self._busy:
            await asyncio.to_thread(self._world.sessions.add, fresh)
            await asyncio.to_thread(self._world.sessions.attach, session, call)
        self.calls.append(call)
        await self._hint(session)

    async def _hint(self, session: Session) -> None:
        """Send the command once, twice or never, soon or late, so that they overtake each other."""
        body = f'{{"type":"follow","sessionId":"{session.id}","generation":{session.generation}}}'
        times = 0 if self._chance.random() < limits.HINT_LOST else self._chance.choice((1, 1, 2, 3))
        self.counts["commands lost"] += not times
        self.counts["commands repeated"] += max(0, times - 1)
        for _ in range(times):
            delay = self._chance.choice((0, 0, 1, int(limits.HINT_LONGEST)))
            self.counts["commands delayed past others"] += delay > 0
            async with self._busy:
                await asyncio.to_thread(self._world.hint, body, delay)

    async def _spoil_the_upstream(self) -> None:
        for order in (
            {"at": "attach", "do": "status", "status": 404, "probability": limits.ATTACH_REFUSED},
            {"at": "attach", "do": "status", "status": 503, "probability": limits.ATTACH_REFUSED},
            {"at": "socket", "do": "duplicate", "probability": limits.FRAMES_SPOILT},
            {"at": "socket", "do": "reorder", "probability": limits.FRAMES_SPOILT},
        ):
            await self._caller.control("POST", "faults", {**order, "times": None})

    async def _kill(self) -> None:
        """Kill a host at random, again and again, and start another in its place."""
        while True:
            await asyncio.sleep(self._chance.uniform(*limits.KILL_EVERY))
            victim = self._chance.choice(self._world.hosts)
            await asyncio.to_thread(self._world.kill, victim)
            self.counts["hosts killed"] += 1
            self.counts["calls that lost their host"] += self._takeovers.lost(victim.name)
            await asyncio.to_thread(self._world.start_host)

    async def _deploy(self) -> None:
        """Start a host, and once it is well tell another to leave, again and again."""
        while True:
            await asyncio.sleep(self._chance.uniform(*limits.DEPLOY_EVERY))
            before = list(self._world.hosts)
            fresh = await asyncio.to_thread(self._world.start_host)
            try:
                await asyncio.to_thread(self._world.await_health, fresh)
            except ChildFailed:
                continue  # it was killed meanwhile
            old = next((host for host in before if host in self._world.hosts), None)
            if old is not None:
                self.counts["hosts told to leave"] += 1
                self.counts["calls handed over"] += self._takeovers.leaving(old.name)
                left = await asyncio.to_thread(self._world.retire, old)
                self.counts["hosts that did not leave in time"] += not left

    async def _drop(self) -> None:
        """Cut the connection of a call at random, cleanly or not."""
        while True:
            await asyncio.sleep(limits.DROP_EVERY)
            if not self.calls:
                continue
            call_id = self._chance.choice(self.calls[-60:]).call_id
            how = self._chance.choice(({}, {}, {"code": 1000}, {"code": 1001, "reason": "going away"}))
            with suppress(Refused):  # that call is over
                cut = await self._caller.control("POST", f"calls/{call_id}/disconnect", how)
                self.counts["connections cut"] += cut["disconnected"]

    async def _throttle(self) -> None:
        """Let the table be busy for a while, again and again."""
        self._proxy.answers_lost = limits.ANSWERS_LOST
        while True:
            self._proxy.refused = limits.CALM_REFUSED
            await asyncio.sleep(limits.STORM_EVERY - limits.STORM)
            self._proxy.refused = limits.STORM_REFUSED
            self.counts["times of a busy table"] += 1
            await asyncio.sleep(limits.STORM)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Return whether the condition came true in that time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.5)
    return True
