"""Find the calls that nobody follows: those that wait, and those of hosts that died."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from switchboard.domain.call import PENDING_SHARDS, Call
from switchboard.domain.errors import NotFound, Throttled

from sideband import limits, log
from sideband.deps import Shared
from sideband.pulse import Pulse
from sideband.roster import Key, Roster
from sideband.turns import Turns
from sideband.watch import Watch


class Orphans:
    """The calls of one dead host: whose turn each is, and when they were last listed."""

    def __init__(self, me: str) -> None:
        self.turns = Turns(me)
        self.listed_at = float("-inf")


class Sweep:
    """Sweeps on behalf of one host, which takes its share and leaves the other hosts theirs."""

    def __init__(self, shared: Shared, roster: Roster, watch: Watch, pulse: Pulse) -> None:
        self._shared = shared
        self._roster = roster
        self._watch = watch
        self._pulse = pulse
        self._pending = [Turns(shared.host) for _ in range(PENDING_SHARDS)]
        self._orphaned: dict[str, Orphans] = {}
        self._tending: dict[Key, asyncio.Task[None]] = {}
        self._clock = asyncio.get_running_loop().time

    async def pending(self) -> None:
        """Take up calls that wait, shard by shard, all of them side by side."""
        await asyncio.gather(*(self._shard(shard, turns) for shard, turns in enumerate(self._pending)))

    async def _shard(self, shard: int, turns: Turns) -> None:
        """Take up those of one shard. Whoever has just let go of them has no turn any more: look again."""
        share = -(-limits.SWEEP_BATCH // PENDING_SHARDS)
        try:
            async with asyncio.timeout(limits.SWEEP):
                calls = await self._shared.ask(self._shared.deps.calls.list_pending, share, shard=shard)
        except (TimeoutError, Throttled):
            return  # the next sweep is due
        now = self._shared.deps.clock()
        ripe = [call for call in calls if not _is_young(call, now)]
        if ripe:
            with suppress(Throttled):
                await self._pulse.look()
        self._take_up(ripe, turns)

    async def of_the_dead(self) -> None:
        """Take over the calls of dead hosts, and forget hosts that have none left."""
        dead, now = self._watch.dead(), self._clock()
        self._orphaned = {host: self._orphaned.get(host, Orphans(self._shared.host)) for host in dead}
        for host, orphans in self._orphaned.items():
            if now - orphans.listed_at < limits.INHERIT_LIST:
                continue
            calls = await self._shared.ask(self._shared.deps.calls.list_of_host, host, limits.INHERIT_BATCH)
            orphans.listed_at = now
            if not calls and self._watch.is_long_dead(host):
                log.info("host.removed", host=host)
                await self._pulse.remove(host)
            self._take_up(calls, orphans.turns)

    def _take_up(self, calls: Sequence[Call], turns: Turns) -> None:
        """Begin with our share; a claim that takes its time must not hold up the next sweep."""
        for call in turns.take(calls, self._watch.living(), self._clock()):
            key = (call.session_id, call.generation)
            if not (self._roster.is_full or self._roster.knows(call) or key in self._tending):
                self._tending[key] = asyncio.create_task(self._tend(call))

    async def _tend(self, call: Call) -> None:
        try:
            session = await self._shared.ask(self._shared.deps.sessions.load, call.session_id)
            await self._roster.tend(call, session)
        except NotFound:
            log.warning("sweep.no_session", session_id=call.session_id)
        except Exception as error:  # whatever a store may raise: the next sweep finds the call again
            log.warning("sweep.failed", error, session_id=call.session_id)
        finally:
            del self._tending[call.session_id, call.generation]


def _is_young(call: Call, now: datetime) -> bool:
    """True for a call whose first command may be on its way; one of the future has met a slow clock."""
    return call.lease == 0 and 0 <= (now - call.created_at).total_seconds() < limits.SWEEP_YOUNG
