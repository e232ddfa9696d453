"""The host: takes up calls, keeps its word to the table, and leaves in good order."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import orjson
from switchboard.domain.errors import SwitchboardError

from sideband import limits, log
from sideband.bounds import Bounds
from sideband.deps import Shared
from sideband.duty import Duties
from sideband.poll import Poll
from sideband.pulse import Pulse
from sideband.queue import Queue
from sideband.reconcile import Reconcile
from sideband.roster import Roster
from sideband.sweep import Sweep
from sideband.watch import Watch

TAKING = ("queue", "forwarded", "look", "sweep", "inherit", "reconcile", "bounds")
"""The duties that take up work; a leaving host ends them first."""


class Host:
    """One host. `run` returns when `stop` was called and its calls are released."""

    def __init__(self, shared: Shared, queue: Queue, capacity: int = limits.CAPACITY) -> None:
        self.id = shared.host
        self.leaving = False
        self.shared = shared
        self.duties = Duties(shared.deps.chance)
        self._watch = watch = Watch(self.id)
        self._pulse = Pulse(self.shared, watch, lambda: len(self.roster.follows), lambda: self.roster.is_full)
        self.roster = Roster(self.shared, capacity, self._pulse.is_alive)
        self._poll = Poll(self.shared, self.roster, queue)
        self._sweep = Sweep(self.shared, self.roster, watch, self._pulse)
        self._reconcile = Reconcile(self.shared, self.roster, self._pulse)
        self._bounds = Bounds(self.shared, self.roster)
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Leave: release every call and return from `run`. The second time, wait for no slow table."""
        if self._stop.is_set():
            self.shared.leave_by = self.shared.exit_by = self._loop.time()
            self._hurry.set()
        self._stop.set()

    async def run(self) -> None:
        """Work until told to stop. Cancelled, drop everything as it is: others will miss the heartbeat."""
        log.info("host.started", host=self.id, capacity=self.roster.capacity)
        try:
            await self._first_beat()
            self._start()
            await self._stop.wait()
            await self._leave()
        finally:
            await self.duties.cancel()
            await self.roster.cancel()
            self.shared.close()

    async def _first_beat(self) -> None:
        """Be known and know the others before the first claim: else nobody would miss us, or get a share."""
        while not self._stop.is_set():
            try:
                await self._pulse.beat()
                await self._pulse.look()
            except SwitchboardError as error:
                log.warning("duty.failed", error, duty="beat")
                await asyncio.sleep(limits.BEAT)
            else:
                return

    def _start(self) -> None:
        start = self.duties.start
        start("beat", limits.BEAT, self._pulse.beat, again=limits.PULSE_AGAIN)
        start("look", limits.LOOK, self._pulse.look, again=limits.PULSE_AGAIN)
        start("queue", limits.POLL_PAUSE, self._poll.queue)
        start("forwarded", limits.BEAT, self._poll.forwarded)
        start("sweep", limits.SWEEP, self._sweep.pending, again=limits.SWEEP)
        start("inherit", limits.INHERIT, self._sweep.of_the_dead, again=limits.INHERIT)
        start("reconcile", limits.RECONCILE_STEP, self._reconcile.step)
        start("bounds", limits.BOUNDS_STEP, self._bounds.step)
        start("metrics", limits.METRICS, self._tell, first_pause=limits.METRICS)

    async def _leave(self) -> None:
        """Hand everything over; the heartbeat goes on until then, so that nobody comes too early."""
        self.leaving = True
        shared, now = self.shared, self._loop.time()
        shared.leave_by = min(shared.leave_by, now + limits.LEAVE_FLUSH)
        shared.exit_by = min(shared.exit_by, now + limits.LEAVE)
        log.info("host.leaving", host=self.id, calls=len(self.roster.follows))
        self._pulse.leaving = True
        taking = asyncio.create_task(self.duties.stop(*TAKING, patience=limits.LEAVE_TAKING))
        linger = await self._has_company()
        clean = await self.roster.leave(shared.exit_by - self._loop.time(), self._hurry, linger=linger)
        await self.duties.stop("beat", "metrics", patience=limits.BEAT)
        if clean:
            await self._be_forgotten()
        await self.roster.linger(shared.exit_by - self._loop.time(), self._hurry)
        await self._unless_hurried(taking)
        await self._tell()
        log.info("host.left", host=self.id, clean=clean)

    async def _be_forgotten(self) -> None:
        """Take our row away. If the table is too busy for it, the others will, once it stands still."""
        try:
            async with asyncio.timeout(limits.BEAT_READ):
                await self._pulse.remove(self.id)
        except (SwitchboardError, TimeoutError) as error:
            log.warning("host.not_removed", error, host=self.id)

    async def _has_company(self) -> bool:
        """Leave the others the turn; return whether there are any. If that cannot be known now, say yes."""
        try:
            async with asyncio.timeout(limits.LOOK):
                await asyncio.gather(self._pulse.beat(), self._pulse.look())
        except (SwitchboardError, TimeoutError):
            return True
        return bool(self._watch.living())

    async def _unless_hurried(self, ending: asyncio.Task[None]) -> None:
        """Wait for the end of what takes up work: a poll under way may bring messages to be given back."""
        hurried = asyncio.create_task(self._hurry.wait())
        await asyncio.wait((ending, hurried), return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        hurried.cancel()

    async def _tell(self) -> None:
        now = int(self.shared.deps.clock().timestamp() * 1000)
        line: dict[str, Any] = self.shared.metrics.take(self.id, len(self.roster.follows), now)
        sys.stdout.write(orjson.dumps(line).decode() + "\n")
        sys.stdout.flush()
