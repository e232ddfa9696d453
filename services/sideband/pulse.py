"""The host's heartbeat, and its look at those of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sideband import limits, log
from sideband.deps import Shared
from sideband.watch import Watch


class Pulse:
    """Beats and looks in a lane of its own. `calls` tells how many calls the host follows.

    While `is_full`, or once it is leaving, its heartbeat says that it takes up no call.

    Attributes:
        doubted: the heartbeat was late by so much that others may have taken our calls over.
        leaving: this host takes up no call any more.
    """

    def __init__(
        self, shared: Shared, watch: Watch, calls: Callable[[], int], is_full: Callable[[], bool]
    ) -> None:
        self.doubted = False
        self.leaving = False
        self._shared = shared
        self._watch = watch
        self._calls = calls
        self._is_full = is_full
        self._clock = asyncio.get_running_loop().time
        self._beat = 0
        self._beaten_at: float | None = None

    async def beat(self) -> None:
        """Store one heartbeat."""
        self._beat += 1
        store, calls = self._shared.deps.hosts.beat, self._calls()
        closed = self.leaving or self._is_full()
        await self._shared.pulse(store, self._shared.host, self._beat, calls, closed)
        now = self._clock()
        if self._beaten_at is not None and now - self._beaten_at >= limits.LEASE_TTL:
            log.warning("host.late", seconds=round(now - self._beaten_at, 1))
            self.doubted = True
        self._beaten_at = now

    async def look(self) -> None:
        """See how the other hosts are."""
        self._watch.look(await self._shared.pulse(self._shared.deps.hosts.list), self._clock())

    async def is_alive(self, host: str) -> bool:
        """Return whether another host lives, looking again if it has only just come."""
        if not self._watch.knows(host):
            await self.look()
        return self._watch.is_alive(host)

    async def remove(self, host: str) -> None:
        """Forget a host, be it this one."""
        await self._shared.pulse(self._shared.deps.hosts.remove, host)
