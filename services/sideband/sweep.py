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
from sideband.turns import Turns
from sideband.watch import Watch


class Sweep:
    """Sweeps on behalf of one host, which takes its share and leaves the other hosts theirs."""

    def __init__(self, shared: Shared, roster: Roster, watch: Watch, pulse: Pulse) -> None:
        self._shared = shared
        self._roster = roster
        self._watch = watch
        self._pulse = pulse
        self._pending = Turns(shared.host)
        self._orphaned = Turns(shared.host)
        self._clock = asyncio.get_running_loop().time

    async def pending(self) -> None:
        """Take up calls that wait. Whoever has just let go of them has no turn any more: look again."""
        deps = self._shared.deps
        calls = await self._shared.aside(deps.calls.list_pending, limits.SWEEP_BATCH)
        now = deps.clock()
        ripe = [call for call in calls if (now - call.created_at).total_seconds() >= limits.SWEEP_YOUNG]
        if ripe:
            await self._pulse.look()
        await self._take_up(ripe, self._pending)

    async def of_the_dead(self) -> None:
        """Take over the calls of dead hosts, and forget hosts that have none left."""
        orphaned: list[Call] = []
        for host in self._watch.dead():
            calls = await self._shared.aside(self._shared.deps.calls.list_of_host, host, limits.SWEEP_BATCH)
            orphaned += calls
            if not calls and self._watch.is_long_dead(host):
                log.info("host.removed", host=host)
                await self._pulse.remove(host)
        await self._take_up(orphaned, self._orphaned)

    async def _take_up(self, calls: Sequence[Call], turns: Turns) -> None:
        ours = turns.take(calls, self._watch.living(), self._clock())
        if not self._roster.is_full:
            await asyncio.gather(*(self._tend(call) for call in ours if not self._roster.knows(call)))

    async def _tend(self, call: Call) -> None:
        try:
            session = await self._shared.aside(self._shared.deps.sessions.load, call.session_id)
        except NotFound:
            log.warning("sweep.no_session", session_id=call.session_id)
            return
        await self._roster.tend(call, session)
