"""Bring one viewer the news of one call: what waits goes together, and nobody waits for the viewer."""

from __future__ import annotations

import asyncio

from switchboard.domain.errors import NotFound
from switchboard.domain.viewers import Notice, Viewer, to_message

from sideband import limits, log
from sideband.deps import Shared


class Courier:
    """The way to one viewer. What cannot be brought is dropped: the next notice tells them what they lack."""

    __slots__ = (
        "_born",
        "_ending",
        "_failing",
        "_latest",
        "_loop",
        "_outbox",
        "_shared",
        "_wake",
        "task",
        "viewer",
    )

    def __init__(self, viewer: Viewer, first: Notice, shared: Shared) -> None:
        self.viewer = viewer
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._born = self._loop.time()
        self._outbox: dict[int, Notice] = {}
        self._latest = first
        self._wake = asyncio.Event()
        self._ending = self._failing = False
        self.put(first)
        self.task = asyncio.create_task(self._run())

    @property
    def is_gone(self) -> bool:
        """True when nothing more is brought."""
        return self.task.done()

    def put(self, notice: Notice) -> None:
        """Bring this soon. Of one page only the newest is brought; of very many pages, the newest."""
        self._latest = notice
        self._outbox[notice.page] = notice
        if len(self._outbox) > limits.LIVE_PAGES:
            del self._outbox[min(self._outbox)]
        self._wake.set()

    def end(self, last: Notice) -> None:
        """Bring what waits and this, and then no more."""
        self._ending = True
        self.put(last)

    async def _run(self) -> None:
        left = (self.viewer.until - self._shared.deps.clock()).total_seconds()
        while self._loop.time() - self._born < left:
            if not self._wake.is_set():
                await asyncio.wait(
                    (wake := asyncio.ensure_future(self._wake.wait()),), timeout=limits.LIVE_BEAT
                )
                wake.cancel()
            self._wake.clear()
            notices = tuple(self._outbox.values()) or (self._latest,)
            self._outbox = {}
            if not await self._send(notices) or (self._ending and not self._outbox):
                return

    async def _send(self, notices: tuple[Notice, ...]) -> bool:
        """Return False if there is nobody any more."""
        try:
            async with asyncio.timeout(limits.LIVE_SEND):
                send = self._shared.deps.mailboxes.send
                await self._shared.live(send, self.viewer.mailbox, to_message(notices))
            self._failing = False
        except NotFound:
            if self._loop.time() - self._born > limits.LIVE_WAKES:
                return False
            await asyncio.sleep(limits.LIVE_PAUSE)
            self._outbox = {notice.page: notice for notice in (*notices, *self._outbox.values())}
            self._wake.set()
        except Exception as error:  # whatever a queue may raise
            if not self._failing:
                log.warning("viewer.not_told", error, session_id=self.viewer.session_id)
            self._failing = True
        return True
