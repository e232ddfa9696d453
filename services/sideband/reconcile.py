"""Compare what this host follows with what the table says, little by little."""

from __future__ import annotations

import asyncio

from switchboard.domain.errors import NotFound

from sideband import limits, log
from sideband.deps import Shared
from sideband.ending import ENDED, TOO_LONG, Lost
from sideband.follow import Follow
from sideband.pulse import Pulse
from sideband.roster import Key, Roster
from sideband.rounds import Rounds


class Reconcile:
    """Goes round all follows in `limits.RECONCILE` seconds, a share of them with every step."""

    def __init__(self, shared: Shared, roster: Roster, pulse: Pulse) -> None:
        self._shared = shared
        self._roster = roster
        self._pulse = pulse
        self._rounds = Rounds(roster, round(limits.RECONCILE / limits.RECONCILE_STEP))
        self._strays: set[Key] = set()

    async def step(self) -> None:
        """Check the next share; and all leases at once if our heartbeat was late."""
        if self._pulse.doubted:
            self._pulse.doubted = False
            await asyncio.gather(*map(self._check_lease, list(self._roster.follows.values())))
        begins = self._rounds.are_over
        await asyncio.gather(*map(self._check_session, self._rounds.share()))
        if begins:
            await self._find_strays()

    async def _check_session(self, follow: Follow) -> None:
        if follow.released:
            return
        deps = self._shared.deps
        age = (deps.clock() - follow.call.created_at).total_seconds()
        if age > limits.CALL_LONGEST:
            follow.stop(TOO_LONG)
            return
        try:
            session = await self._shared.ask(deps.sessions.load, follow.call.session_id)
        except NotFound:
            follow.stop(ENDED)
            return
        await self._roster.tend(follow.call, session)

    async def _check_lease(self, follow: Follow) -> None:
        lease = follow.lease
        find = self._shared.deps.calls.find
        call = await self._shared.ask(find, lease.session_id, lease.generation)
        if call is not None and call.lease != lease.number:
            follow.stop(Lost())

    async def _find_strays(self) -> None:
        """Take up calls whose row names us though we do not follow them: a claim whose answer got lost."""
        deps = self._shared.deps
        mine = await self._shared.ask(deps.calls.list_of_host, self._shared.host, self._roster.capacity)
        strays = {(call.session_id, call.generation): call for call in mine if not self._roster.knows(call)}
        for key in self._strays & strays.keys():  # seen twice: neither just claimed nor just closed
            call = strays[key]
            log.warning("lease.stray", session_id=call.session_id, call_id=call.call_id)
            try:
                session = await self._shared.ask(deps.sessions.load, call.session_id)
            except NotFound:  # with its session, the call's row has lapsed too, or is about to
                continue
            await self._roster.tend(call, session)
        self._strays = set(strays)
