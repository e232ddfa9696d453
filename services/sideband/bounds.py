"""Hang up on calls that are silent, too long or too dear, and store what all calls have used."""

from __future__ import annotations

import asyncio

from switchboard.domain.errors import LeaseLost, Throttled

from sideband import limits, log
from sideband.deps import Shared
from sideband.ending import PAST_LIMIT, SILENT, SPENT, Closed, Lost
from sideband.follow import Follow
from sideband.roster import Roster
from sideband.rounds import Rounds


class Bounds:
    """Goes round all follows in `limits.BOUNDS` seconds; most looks are a few comparisons."""

    def __init__(self, shared: Shared, roster: Roster) -> None:
        self._shared = shared
        self._rounds = Rounds(roster, round(limits.BOUNDS / limits.BOUNDS_STEP))
        self._measuring: set[asyncio.Task[None]] = set()

    async def step(self) -> None:
        """End what is past its bounds, and begin to store what is due, of the next share."""
        for follow in self._rounds.share():
            ending = self.exceeded(follow)
            if ending is not None:
                follow.stop(ending)
            if follow.is_due:  # not waited for: a busy table must not hold up the next hang-up
                task = asyncio.create_task(self._measure(follow))
                self._measuring.add(task)
                task.add_done_callback(self._measuring.discard)

    def exceeded(self, follow: Follow) -> Closed | None:
        """Return how the call is to end for what it has exceeded, if it has."""
        deps = self._shared.deps
        allowance = deps.allowance
        age = (deps.clock() - follow.call.created_at).total_seconds()
        silence = asyncio.get_running_loop().time() - follow.silent_since
        if allowance.longest and age > allowance.longest:
            return PAST_LIMIT
        if allowance.idle and silence > allowance.idle:
            return SILENT
        return SPENT if allowance.budget and follow.spent >= allowance.budget else None

    async def _measure(self, follow: Follow) -> None:
        try:
            await follow.measure()
        except LeaseLost:
            if not follow.is_leaving:
                follow.stop(Lost())
        except Exception as error:  # whatever a store may raise: the next round tries again
            if not isinstance(error, Throttled):
                log.warning("meter.failed", error, session_id=follow.call.session_id)
