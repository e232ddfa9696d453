"""Bring one call's journal into the table: coalesced, one write at a time, retried until it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from switchboard.domain.call import Lease
from switchboard.domain.errors import LeaseLost

from sideband import limits, log
from sideband.deps import Shared
from sideband.journal import Journal, Progress


class Writer:
    """The one writer of a call.

    `on_lost` is called when another host has taken the call over, `on_written` after each write.
    """

    __slots__ = (
        "_hurried",
        "_journal",
        "_lease",
        "_loop",
        "_lost",
        "_on_lost",
        "_on_written",
        "_pausing",
        "_refused",
        "_shared",
        "_task",
        "_timer",
    )

    def __init__(
        self,
        journal: Journal,
        lease: Lease,
        shared: Shared,
        on_lost: Callable[[], None],
        on_written: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._lease = lease
        self._shared = shared
        self._on_lost = on_lost
        self._on_written = on_written
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._hurried = False
        self._pausing: asyncio.Future[None] | None = None
        self._lost = False
        self._refused = 0

    @property
    def is_shut_out(self) -> bool:
        """True once another host has the pages."""
        return self._lost

    def poke(self, progress: Progress) -> None:
        """Plan a write soon if something settled, later if something merely appeared."""
        if self._lost:
            return
        delay = limits.SETTLED_DELAY if progress is Progress.SETTLED else limits.APPEARED_DELAY
        due = self._loop.time() + delay
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._begin)

    async def drain(self, seconds: float, *, parted: bool = False) -> int:
        """Write everything now; return how many items are not in the table after that many seconds.

        A leaving host has less time; more of it for a call that it has let go of, and has `parted` from.
        """
        deadline = self._loop.time() + seconds
        self._hurried = True
        if self._pausing is not None and not self._pausing.done():
            self._pausing.set_result(None)
        while not self._lost and self._journal.unsaved():
            until = min(deadline, self._shared.exit_by if parted else self._shared.leave_by)
            if self._loop.time() >= until:
                break
            self._begin()
            if self._task is not None:
                await asyncio.wait((self._task,), timeout=min(1.0, until - self._loop.time()))
        unwritten = 0 if self._lost else self._journal.unwritten()
        self._count_refused()
        self.stop()
        return unwritten

    def stop(self) -> None:
        """Write nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is None:
            self._task = self._loop.create_task(self._flush())

    async def _flush(self) -> None:
        backoff = self._shared.backoff(limits.WRITE_FIRST, limits.WRITE_LONGEST)
        failures = 0
        more = True
        try:
            while more:
                try:
                    more = await self._write_one()
                    failures = 0
                except LeaseLost:
                    self._lost = True
                    self._on_lost()
                    return
                except Exception as error:  # whatever a store may raise: the words stay, and are tried again
                    failures += 1
                    self._failed(error, failures)
                    await self._pause(backoff.next())
        finally:
            self._task = None

    async def _write_one(self) -> bool:
        """Write one page; return whether more items wait."""
        shared = self._shared
        async with shared.writing:
            write = self._journal.next_write()
            if write is None:
                return False
            await shared.write(self._lease, write.number, write.revision, tuple(write.entries.values()))
        now = self._loop.time()
        shared.metrics.writes += 1
        for since in self._journal.written(write):
            shared.metrics.lag(now - since)
        self._on_written()
        self._count_refused()
        return write.more

    def _count_refused(self) -> None:
        """Tell of events for which the transcript had no room since the last time."""
        refused = self._journal.transcript.refused - self._refused
        if refused:
            self._refused += refused
            self._shared.metrics.items_lost += refused
            ids = {"session_id": self._lease.session_id, "call_id": self._lease.call_id}
            log.error("transcript.events_refused", events=refused, **ids)

    def _failed(self, error: Exception, failures: int) -> None:
        self._shared.metrics.write_retries += 1
        ids = {"session_id": self._lease.session_id, "call_id": self._lease.call_id}
        if failures == 1:
            log.warning("transcript.write_failed", error, **ids)
        lost = self._journal.shed()
        if lost:
            self._shared.metrics.items_lost += lost
            log.error("transcript.items_lost", items=lost, **ids)

    async def _pause(self, seconds: float) -> None:
        if self._hurried:
            await asyncio.sleep(min(seconds, limits.WRITE_HURRIED))
            return
        self._pausing = self._loop.create_future()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._pausing, seconds)
