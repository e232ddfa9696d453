"""Find the calls that nobody follows: those that wait, and those of hosts that died."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from switchboard.domain.call import Call
from switchboard.domain.errors import NotFound

from sideband import limits, log
from sideband.deps import Shared
from sideband.pulse import Pulse
from sideband.roster import Roster
from sideband.watch import Watch


class Sweep:
    """Sweeps on behalf of one host, in an order and at a pace that leave the other hosts their share."""

    def __init__(self, shared: Shared, roster: Roster, watch: Watch, pulse: Pulse) -> None:
        self._shared = shared
        self._roster = roster
        self._watch = watch
        self._pulse = pulse

    async def pending(self) -> None:
        """Take up waiting calls, batch by batch."""
        calls = self._shared.deps.calls
        while not self._roster.is_full:
            waiting = await self._shared.aside(calls.list_pending, limits.SWEEP_BATCH)
            if not await self._take_up(waiting):
                return
            await self._pause()

    async def of_the_dead(self) -> None:
        """Take over the calls of dead hosts, and forget hosts that have none left."""
        for host in self._watch.dead():
            while not self._roster.is_full:
                calls = await self._shared.aside(
                    self._shared.deps.calls.list_of_host, host, limits.SWEEP_BATCH
                )
                if not calls and self._watch.is_long_dead(host):
                    log.info("host.removed", host=host)
                    await self._pulse.remove(host)
                if not await self._take_up(calls):
                    break
                await self._pause()

    async def _take_up(self, calls: Sequence[Call]) -> int:
        """Tend to the calls, in random order; return how many this host has more than before."""
        before = len(self._roster.follows)
        unknown = [call for call in calls if not self._roster.knows(call)]
        self._shared.deps.chance.shuffle(unknown)
        await asyncio.gather(*map(self._tend, unknown))
        return len(self._roster.follows) - before

    async def _tend(self, call: Call) -> None:
        try:
            session = await self._shared.aside(self._shared.deps.sessions.load, call.session_id)
        except NotFound:
            log.warning("sweep.no_session", session_id=call.session_id)
            return
        await self._roster.tend(call, session)

    async def _pause(self) -> None:
        load = len(self._roster.follows) / self._roster.capacity
        await asyncio.sleep(limits.SWEEP_PAUSE * (1 + 5 * load) * self._shared.deps.chance.uniform(0.5, 1.5))
