"""The life of one follow: open the journal, attach, listen, attach again, and come to an end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import LeaseLost, Throttled
from switchboard.domain.session import Session

from sideband import ending as endings
from sideband import limits, log
from sideband.attach import Attached, Attacher, CallGone, KeysRefused
from sideband.conversation import Conversation
from sideband.deps import Shared
from sideband.ending import Closed, Ending, Lost, Released
from sideband.farewell import hang_up
from sideband.keys import Kind, kind_of
from sideband.listen import greet, listen, wake
from sideband.meter import Meter
from sideband.opening import open_journal
from sideband.pinned import Guard, pinned_of
from sideband.socket import Hung, Socket
from sideband.trail import Trail
from sideband.writer import Writer

GOING_AWAY = 1001
CLEAN = (1000, GOING_AWAY)


class Follow:
    """One call, followed under one lease by the one task that runs `run`; `stop` may come at any time."""

    __slots__ = (
        "_attacher",
        "_conversation",
        "_ending",
        "_fenced",
        "_known",
        "_living",
        "_meter",
        "_noting",
        "_pinned",
        "_shared",
        "_socket",
        "_task",
        "_tears",
        "_trail",
        "_transcription",
        "_writer",
        "call",
        "lease",
        "released",
        "since",
    )

    def __init__(self, call: Call, lease: Lease, session: Session, shared: Shared) -> None:
        self.call = call
        self.lease = lease
        self._shared = shared
        self._transcription = shared.deps.transcription_model if session.transcription else None
        self._pinned = pinned_of(call, session, shared.deps.transcription_model)
        models = (session.model, shared.deps.transcription_model)
        self._meter = Meter(call.usage, models, shared.deps.prices)
        self.since = asyncio.get_running_loop().time()
        self._trail = Trail(lease, shared)
        self._attacher = Attacher(call, session.mode == "relay", shared)
        self._conversation: Conversation | None = None
        self._writer: Writer | None = None
        self._socket: Socket | None = None
        self._ending: Ending | None = None
        self._known = call.attached_at is not None
        self._tears = 0
        self._fenced: asyncio.Future[None] | None = None
        self.released = False
        self._living = False
        self._task: asyncio.Task[None] | None = None
        self._noting: asyncio.Task[None] | None = None

    def stop(self, ending: Ending) -> None:
        """End it in that way; only the first word counts, but losing the lease overrules all."""
        if self._ending is not None and not isinstance(ending, Lost):
            return
        self._ending = ending
        if self._fenced is not None and not self._fenced.done():
            self._fenced.set_result(None)
        if self._living and self._task is not None:
            self._living = False
            self._task.cancel()

    @property
    def spent(self) -> float:
        """The dollars that the session has cost by now, as far as is known."""
        return self._meter.spent

    @property
    def silent_since(self) -> float:
        """The loop's time of the last word or tool, or of the claim."""
        return max(self.since, self._conversation.heard_at if self._conversation is not None else 0.0)

    async def measure(self, *, now: bool = False, patient: bool = False) -> None:
        """Store what the call has used, if that is due, and learn what the session's other calls have.

        Raise LeaseLost, or, without patience, Throttled.
        """
        clock, deps = asyncio.get_running_loop().time, self._shared.deps
        if not (self._meter.due(clock()) or (now and not self._meter.is_stored)):
            return
        totals, lane = self._meter.totals, self._shared.insist if patient else self._shared.aside
        await lane(deps.calls.meter, self.lease, totals)
        self._meter.stored(totals, clock())
        if deps.allowance.budget and not now:
            others = await self._shared.aside(deps.calls.list, self.lease.session_id)
            used = [call.usage for call in others if call.generation != self.lease.generation]
            self._meter.earlier = sum(map(self._meter.price, used))

    async def run(self) -> None:
        """Follow the call until its end, ours or its own."""
        self._task = asyncio.current_task()
        try:
            await self._finish(await self._until_the_end())
        except LeaseLost:
            await self._finish(Lost())
        finally:
            if self._noting is not None:
                self._noting.cancel()
            if self._writer is not None:
                self._writer.stop()
            if self._socket is not None:
                await self._socket.close()

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
        patience = limits.ATTACH_PATIENCE
        clock = asyncio.get_running_loop().time
        code = 0
        closed_at = clock()
        while True:
            try:
                attached = await self._attacher.attach(patience)
            except CallGone as gone:
                if self._conversation is not None and gone.since - closed_at > limits.HANG_UP_SEEN:
                    self._tear(self._conversation)
                if code == GOING_AWAY:
                    return endings.EXPIRED
                return endings.HUNG_UP if self._known else endings.NOT_FOUND
            except KeysRefused:
                return endings.REFUSED
            began = clock()
            code = await self._converse(attached, code)
            closed_at = clock()
            if self._is_expired(code):
                return endings.EXPIRED
            if self._conversation is not None and code not in CLEAN:
                self._tear(self._conversation)
            self._shared.metrics.reconnects += 1
            log.info("follow.dropped", code=code, **self._ids())
            if clock() - began >= limits.STABLE:
                again.reset()
            await asyncio.sleep(again.next())
            patience = limits.REATTACH_PATIENCE if code in CLEAN else limits.ATTACH_PATIENCE

    async def _converse(self, attached: Attached, code: int) -> int:
        """Listen on one connection; return its close code. `code` is that of the one before.

        A transcript is taken over only once we hear: the earlier host may still write what we missed.
        """
        self._socket = attached.socket
        self._known = True
        kind = kind_of(attached.credential)
        log.info("follow.attached", credential=kind, **self._ids())
        try:
            if self._conversation is not None and code in CLEAN:
                self._tear(self._conversation)
            elif self._conversation is None and self.lease.number > 1:
                await wake(attached.socket)
                await asyncio.sleep(limits.OVERLAP if self.call.status == "pending" else 0.0)
            conversation, writer = await self._open()
            await greet(attached.socket, conversation)
        except Hung as hung:
            return hung.code
        if self._noting is None and self.call.credential != kind:
            self._noting = asyncio.create_task(self._note_attached(kind))
        code = await listen(attached.socket, conversation, writer)
        self._socket = None
        return code

    async def _open(self) -> tuple[Conversation, Writer]:
        """Take over the transcript's pages, once."""
        if self._conversation is None or self._writer is None:
            journal = await open_journal(self.lease, self._shared)
            guard = Guard(self._pinned, self._trail.tell) if self._pinned else None
            self._conversation = Conversation(journal, self._transcription, guard, self._meter.take)
            self._writer = Writer(journal, self.lease, self._shared, lambda: self.stop(Lost()))
            if self.lease.number > 1:
                self._tear(self._conversation)
        return self._conversation, self._writer

    def _tear(self, conversation: Conversation) -> None:
        """Note that nobody listened for a while; a clean close is no such thing until it is opened again."""
        self._tears += 1
        now = asyncio.get_running_loop().time()
        conversation.tear(f"gap_{self.lease.number}_{self._tears}", now)

    async def _note_attached(self, kind: Kind) -> None:
        deps = self._shared.deps
        try:
            await self._shared.insist(deps.calls.attached, self.lease, kind, deps.clock())
        except LeaseLost:
            self.stop(Lost())

    def _is_expired(self, code: int) -> bool:
        conversation = self._conversation
        if conversation is None:
            return False
        if code != GOING_AWAY or not conversation.expires_at:
            return conversation.expired
        now = self._shared.deps.clock().timestamp()
        return conversation.expired or now >= conversation.expires_at - limits.EXPIRY_MARGIN

    async def _finish(self, ending: Ending) -> None:
        match ending:
            case Closed():
                await self._close(ending)
            case Released():
                await self._release(ending)
            case Lost():
                log.warning("follow.lease_lost", **self._ids())

    async def _close(self, closed: Closed) -> None:
        if closed.hang_up:
            await self._hang_up()
        conversation, writer = await self._open()
        conversation.close(asyncio.get_running_loop().time())
        unwritten = await writer.drain(limits.CLOSE_FLUSH)
        if unwritten:
            self._shared.metrics.items_lost += unwritten
            log.error("transcript.items_lost", items=unwritten, **self._ids())
        await self.measure(now=True, patient=True)
        deps = self._shared.deps
        await self._shared.insist(deps.calls.close, self.lease, closed.reason, deps.clock())
        log.info("follow.closed", reason=closed.reason, **self._ids())

    async def _hang_up(self) -> None:
        last: asyncio.Task[int] | None = None
        if self._socket is not None and self._conversation is not None and self._writer is not None:
            last = asyncio.create_task(listen(self._socket, self._conversation, self._writer))
        over = await hang_up(self.call.call_id, self._attacher, self._shared, last)
        log.info("follow.hung_up", confirmed=over, **self._ids())

    async def _release(self, ending: Released) -> None:
        if self._writer is not None:
            unwritten = await self._writer.drain(limits.LEAVE_FLUSH)
            if unwritten:
                log.warning("transcript.unwritten", items=unwritten, **self._ids())
        with suppress(Throttled):  # who goes on hears enough to bill; to hand over is more urgent
            await self.measure(now=True)
        await self._shared.insist(self._shared.deps.calls.release, self.lease)
        self.released = True
        log.info("follow.released", **self._ids())
        if ending.linger and self._socket is not None:
            await self._linger(self._socket)

    async def _linger(self, socket: Socket) -> None:
        """Listen and write until another host has taken over, so that no word falls between the two."""
        if self._conversation is None or self._writer is None:
            return
        self._fenced = asyncio.get_running_loop().create_future()
        last = asyncio.create_task(listen(socket, self._conversation, self._writer))
        await asyncio.wait((last, self._fenced), timeout=limits.LINGER, return_when=asyncio.FIRST_COMPLETED)
        last.cancel()
        await self._writer.drain(limits.WRITE_HURRIED)

    def _ids(self) -> dict[str, str | int]:
        return {
            "session_id": self.lease.session_id,
            "generation": self.lease.generation,
            "call_id": self.lease.call_id,
            "lease": self.lease.number,
        }
