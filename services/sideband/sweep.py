"""Find the calls that nobody follows: those that wait, and those of hosts that died."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from switchboard.domain.call import PENDING_SHARDS, Call
from switchboard.domain.errors import NotFound, Throttled

from sideband import limits, log
from sideband.deps import Shared
from sideband.pulse import Pulse
from sideband.roster import Roster
from sideband.turns import Turns
from sideband.watch import Watch

T = TypeVar("T")


class Sweep:
    """Sweeps on behalf of one host, which takes its share and leaves the other hosts theirs."""

    def __init__(self, shared: Shared, roster: Roster, watch: Watch, pulse: Pulse) -> None:
        self._shared = shared
        self._roster = roster
        self._watch = watch
        self._pulse = pulse
        self._pending = [Turns(shared.host) for _ in range(PENDING_SHARDS)]
        self._orphaned = Turns(shared.host)
        self._listed_at: dict[str, float] = {}
        self._clock = asyncio.get_running_loop().time

    async def pending(self) -> None:
        """Take up calls that wait. What the table is too busy for is left for the next sweep."""
        await _all(self._shard(shard, turns) for shard, turns in enumerate(self._pending))

    async def _shard(self, shard: int, turns: Turns) -> None:
        """Take up those of one shard. Whoever has just let go of them has no turn any more: look again."""
        share = -(-limits.SWEEP_BATCH // PENDING_SHARDS)
        calls = await self._shared.ask(self._shared.deps.calls.list_pending, share, shard=shard)
        now = self._shared.deps.clock()
        ripe = [call for call in calls if (now - call.created_at).total_seconds() >= limits.SWEEP_YOUNG]
        if ripe:
            with suppress(Throttled):
                await self._pulse.look()
        await self._take_up(ripe, turns)

    async def of_the_dead(self) -> None:
        """Take over the calls of dead hosts, and forget hosts that have none left."""
        orphaned: list[Call] = []
        dead, now = self._watch.dead(), self._clock()
        self._listed_at = {host: self._listed_at.get(host, -limits.INHERIT_LIST) for host in dead}
        for host in dead:
            if now - self._listed_at[host] < limits.INHERIT_LIST:
                continue
            calls = await self._shared.ask(self._shared.deps.calls.list_of_host, host, limits.SWEEP_BATCH)
            self._listed_at[host] = now
            orphaned += calls
            if not calls and self._watch.is_long_dead(host):
                log.info("host.removed", host=host)
                await self._pulse.remove(host)
        await self._take_up(orphaned, self._orphaned)

    async def _take_up(self, calls: Sequence[Call], turns: Turns) -> None:
        ours = turns.take(calls, self._watch.living(), self._clock())
        if not self._roster.is_full:
            await _all(self._tend(call) for call in ours if not self._roster.knows(call))

    async def _tend(self, call: Call) -> None:
        try:
            session = await self._shared.ask(self._shared.deps.sessions.load, call.session_id)
        except NotFound:
            log.warning("sweep.no_session", session_id=call.session_id)
            return
        await self._roster.tend(call, session)


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T | None]:
    """Do all of it side by side; None is for what the table was too busy for. Raise what else went wrong."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException) and not isinstance(result, Throttled):
            raise result
    return [None if isinstance(result, BaseException) else result for result in done]
