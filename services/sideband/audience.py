"""Who watches a call: they are told of what has become durable, and writing never waits for them."""

from __future__ import annotations

import asyncio

from switchboard.domain.call import Lease
from switchboard.domain.viewers import Notice, Viewer, to_message

from sideband import limits, log
from sideband.courier import Courier
from sideband.deps import Shared
from sideband.journal import Journal


class Audience:
    """The viewers of one followed call. A call that nobody watches costs one look, when it is taken up."""

    __slots__ = ("_again", "_couriers", "_journal", "_lease", "_looking", "_shared")

    def __init__(self, journal: Journal, lease: Lease, shared: Shared) -> None:
        self._journal = journal
        self._lease = lease
        self._shared = shared
        self._couriers: tuple[Courier, ...] = ()
        self._looking: asyncio.Task[None] | None = None
        self._again = False
        self.look()

    def look(self) -> None:
        """See who watches, soon; everybody is told where the journal stands."""
        self._again = True
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    def wrote(self) -> None:
        """The journal's newest page is durable: tell who watches."""
        if self._couriers:
            notice = self._notice()
            for courier in self._couriers:
                courier.put(notice)

    async def over(self) -> None:
        """Tell who watches that the call is closed, for so long as that may take."""
        if self._looking is not None:
            await asyncio.wait((self._looking,), timeout=limits.LIVE_SEND)
        if not self._couriers:
            return
        last = self._notice(over=True)
        for courier in self._couriers:
            courier.end(last)
        await asyncio.wait([courier.task for courier in self._couriers], timeout=limits.LIVE_SEND)

    def stop(self) -> None:
        """Tell nobody anything more."""
        if self._looking is not None:
            self._looking.cancel()
        for courier in self._couriers:
            courier.task.cancel()

    async def _look(self) -> None:
        backoff = self._shared.backoff(limits.WRITE_FIRST, limits.TROUBLE_LONGEST)
        failing = False
        while self._again:
            self._again = False
            try:
                viewers = await self._shared.live(self._shared.deps.viewers.list, self._lease.session_id)
            except Exception as error:  # whatever a store may raise
                if not failing:
                    log.warning("viewers.unknown", error, session_id=self._lease.session_id)
                self._again = failing = True
                await asyncio.sleep(backoff.next())
                continue
            self._welcome(viewers)
        self._looking = None

    def _welcome(self, viewers: tuple[Viewer, ...]) -> None:
        known = {courier.viewer.id: courier for courier in self._couriers if not courier.is_gone}
        notice = self._notice()
        for courier in known.values():
            courier.put(notice)
        fresh = (viewer for viewer in viewers if viewer.id not in known)
        self._couriers = (*known.values(), *(Courier(viewer, notice, self._shared) for viewer in fresh))

    def _notice(self, *, over: bool = False) -> Notice:
        page, revision, before, entries = self._journal.durable()
        return Notice(self._lease.generation, page, revision, before, entries, over)


async def tell_of_silence(session_id: str, shared: Shared) -> None:
    """Tell who watches a session that none of its calls goes on: they look whether it is over."""
    last = to_message((Notice(0, over=True),))
    try:
        for viewer in await shared.live(shared.deps.viewers.list, session_id):
            async with asyncio.timeout(limits.LIVE_SEND):
                await shared.live(shared.deps.mailboxes.send, viewer.mailbox, last)
    except Exception as error:  # whatever a store may raise; they learn of it when they come back
        log.warning("viewer.not_told", error, session_id=session_id)
