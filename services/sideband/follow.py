"""The life of one follow: open the journal, attach, listen, attach again, and come to an end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import LeaseLost, Throttled
from switchboard.domain.places import Slots
from switchboard.domain.session import Session

from sideband import ending as endings
from sideband import limits, log
from sideband.attach import Attached, Attacher, CallGone, KeysRefused
from sideband.deps import Shared
from sideband.ear import CLEAN, GOING_AWAY, Ear
from sideband.ending import Closed, Ending, Lost, Released
from sideband.farewell import hang_up
from sideband.keys import Kind, kind_of
from sideband.meter import Meter


class Follow:
    """One call, followed under one lease by the one task that runs `run`; `stop` may come at any time."""

    __slots__ = (
        "_attacher",
        "_ear",
        "_ending",
        "_known",
        "_living",
        "_meter",
        "_metering",
        "_noting",
        "_shared",
        "_task",
        "call",
        "lease",
        "released",
        "since",
    )

    def __init__(self, call: Call, lease: Lease, session: Session, shared: Shared) -> None:
        self.call = call
        self.lease = lease
        self.since = asyncio.get_running_loop().time()
        self.released = False
        self._shared = shared
        models = (session.model, shared.deps.transcription_model)
        self._meter = Meter(call.usage, models, shared.deps.prices)
        self._metering = asyncio.Lock()
        self._ear = Ear(call, lease, session, shared, self._meter, self.stop)
        self._attacher = Attacher(call, session.mode == "relay", shared)
        self._ending: Ending | None = None
        self._known = call.attached_at is not None
        self._living = False
        self._task: asyncio.Task[None] | None = None
        self._noting: asyncio.Task[None] | None = None

    def stop(self, ending: Ending) -> None:
        """End it in that way; only the first word counts, but losing the lease overrules all."""
        if self._ending is not None and not isinstance(ending, Lost):
            return
        self._ending = ending
        self.released = self.released or isinstance(ending, Lost)
        if self._living and self._task is not None:
            self._living = False
            self._task.cancel()

    def watch(self) -> None:
        """See who watches the call: somebody does who was not there before."""
        self._ear.watch()

    @property
    def is_leaving(self) -> bool:
        """True once another host has the call, or is to: what is used from now on is for it to count."""
        return isinstance(self._ending, Released | Lost)

    @property
    def spent(self) -> float:
        """The dollars that the session has cost by now, as far as is known."""
        return self._meter.spent

    @property
    def silent_since(self) -> float:
        """The loop's time of the last word or tool, or of the claim."""
        return max(self.since, self._ear.heard_at)

    @property
    def is_due(self) -> bool:
        """True when `measure` has something to do, and is not at it."""
        if self._metering.locked():
            return False
        unknown = self._meter.earlier is None and self._shared.deps.allowance.budget > 0
        return unknown or self._meter.due(asyncio.get_running_loop().time())

    async def measure(self, *, now: bool = False, patient: bool = False) -> None:
        """Store what the call has used, if that is due, and learn what the session's other calls have.

        Raise LeaseLost, or, without patience, Throttled.
        """
        async with self._metering:  # what is late must not undo what is later
            if self.is_leaving and not now:
                return
            clock, deps = asyncio.get_running_loop().time, self._shared.deps
            is_due = self._meter.due(clock()) or (now and not self._meter.is_stored)
            if is_due:
                totals, shared = self._meter.totals, self._shared
                lane = shared.insist if patient else shared.table if now else shared.ask
                await lane(deps.calls.meter, self.lease, totals)
                self._meter.stored(totals, clock() + limits.METER * deps.chance.uniform(0.5, 1.5))
            if deps.allowance.budget and not now and (is_due or self._meter.earlier is None):
                others = await self._shared.ask(deps.calls.list, self.lease.session_id)
                used = [call.usage for call in others if call.generation != self.lease.generation]
                self._meter.earlier = sum(map(self._meter.price, used))

    async def run(self) -> None:
        """Follow the call until its end, ours or its own."""
        self._task = asyncio.current_task()
        try:
            await self._finish(await self._until_the_end())
        except LeaseLost:
            self.stop(Lost())
            await self._finish(Lost())
        finally:
            if self._noting is not None:
                self._noting.cancel()
            await self._ear.stop()

    async def _until_the_end(self) -> Ending:
        if self._ending is not None:
            return self._ending
        self._living = True
        try:
            return await self._live()
        except asyncio.CancelledError:
            if self._ending is None or self._task is None:
                raise
            self._task.uncancel()
            return self._ending
        finally:
            self._living = False

    async def _live(self) -> Ending:
        again = self._shared.backoff(limits.ATTACH_FIRST, limits.TROUBLE_LONGEST)
        patience = limits.REATTACH_PATIENCE if self._known else limits.ATTACH_PATIENCE
        clock = asyncio.get_running_loop().time
        code, pause = 0, 0.0
        closed_at = clock()
        while True:
            try:
                await asyncio.sleep(pause)
                attached = await self._attacher.attach(patience)
            except asyncio.CancelledError:  # ended while nobody listens, and not because it was hung up
                if code == GOING_AWAY or (code in CLEAN and clock() - closed_at > limits.HANG_UP_SEEN):
                    self._ear.tear()
                raise
            except CallGone as gone:
                if gone.since - closed_at > limits.HANG_UP_SEEN:
                    self._ear.tear()
                if code == GOING_AWAY:
                    return endings.EXPIRED
                return endings.HUNG_UP if self._known else endings.NOT_FOUND
            except KeysRefused:
                return endings.REFUSED
            began = clock()
            code = await self._hear(attached, code)
            closed_at = clock()
            if self._ear.is_expired(code):
                return endings.EXPIRED
            if code not in CLEAN:
                self._ear.tear()
            self._shared.metrics.reconnects += 1
            log.info("follow.dropped", code=code, **self._ids())
            if clock() - began >= limits.STABLE:
                again.reset()
            pause = again.next()
            patience = limits.REATTACH_PATIENCE if code in CLEAN else limits.ATTACH_PATIENCE

    async def _hear(self, attached: Attached, code: int) -> int:
        self._known = True
        kind = kind_of(attached.credential)
        log.info("follow.attached", credential=kind, **self._ids())
        return await self._ear.hear(attached, code, lambda: self._note_attached(kind))

    def _note_attached(self, kind: Kind) -> None:
        if self._noting is None:
            self._noting = asyncio.create_task(self._write_attached(kind))

    async def _write_attached(self, kind: Kind) -> None:
        deps = self._shared.deps
        try:
            if self.call.credential != kind:
                await self._shared.insist(deps.calls.attached, self.lease, kind, deps.clock())
        except LeaseLost:
            self.stop(Lost())
        else:
            await self._shared.at_leisure(deps.places.settle, *self._places())

    async def _finish(self, ending: Ending) -> None:
        match ending:
            case Closed():
                await self._close(ending)
            case Released():
                await self._release(ending)
            case Lost():
                log.warning("follow.lease_lost", **self._ids())
                self._ear.leave()
                await self._ear.part(limits.LINGER, hushed=True)

    async def _close(self, closed: Closed) -> None:
        if closed.hang_up:
            over = await hang_up(self.call.call_id, self._attacher, self._shared, self._ear.last_words())
            log.info("follow.hung_up", confirmed=over, **self._ids())
        unwritten = await self._ear.finish()
        if unwritten:
            self._shared.metrics.items_lost += unwritten
            log.error("transcript.items_lost", items=unwritten, **self._ids())
        await self.measure(now=True, patient=True)
        if self._noting is not None:  # else it might take the place again that we leave
            await asyncio.wait((self._noting,))
        deps = self._shared.deps
        await self._shared.insist(deps.places.leave, *self._places())
        await self._shared.insist(deps.calls.close, self.lease, closed.reason, deps.clock())
        await self._ear.over()
        log.info("follow.closed", reason=closed.reason, **self._ids())

    async def _release(self, ending: Released) -> None:
        self._ear.leave()
        await self._ear.take_in()
        unwritten = await self._ear.drain(limits.LEAVE_FLUSH)
        if unwritten:
            log.warning("transcript.unwritten", items=unwritten, **self._ids())
        if not self._metering.locked():  # who goes on hears enough to bill; to hand over is more urgent
            with suppress(Throttled):
                await self.measure(now=True)
        deps = self._shared.deps
        await self._shared.insist(deps.calls.release, self.lease, deps.clock())
        self.released = True
        log.info("follow.released", **self._ids())
        await self._ear.part(limits.LINGER if ending.linger else 0.0)

    def _places(self) -> tuple[Slots, str, int]:
        return self.call.places, self.call.session_id, self.call.generation

    def _ids(self) -> dict[str, str | int]:
        return {
            "session_id": self.lease.session_id,
            "generation": self.lease.generation,
            "call_id": self.lease.call_id,
            "lease": self.lease.number,
        }
