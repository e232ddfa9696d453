"""What hears one call and writes it down: journal, conversation, writer, and the open connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from switchboard.domain.call import Call, Lease
from switchboard.domain.errors import LeaseLost
from switchboard.domain.session import Session

from sideband import limits, log
from sideband.attach import Attached
from sideband.audience import Audience
from sideband.conversation import Conversation
from sideband.deps import Shared
from sideband.ending import Lost, Stop
from sideband.journal import Progress
from sideband.listen import catch_up, greet, listen, wake
from sideband.meter import Meter
from sideband.opening import open_journal
from sideband.pinned import Guard, pinned_of
from sideband.socket import Hung, Socket
from sideband.tool_desk import desk_of
from sideband.trail import Trail
from sideband.writer import Writer

GOING_AWAY = 1001
CLEAN = (1000, GOING_AWAY)


class Ear:
    """One call's ear, for as long as its follow lives; connections come and go.

    Args:
        meter: counts what the call uses.
        stop: called with `Lost` when another host has taken the call over.
    """

    __slots__ = (
        "_audience",
        "_call",
        "_conversation",
        "_desk",
        "_is_barred",
        "_lease",
        "_meter",
        "_parting",
        "_pinned",
        "_shared",
        "_socket",
        "_stop",
        "_tears",
        "_trail",
        "_transcription",
        "_writer",
    )

    def __init__(
        self, call: Call, lease: Lease, session: Session, shared: Shared, meter: Meter, stop: Stop
    ) -> None:
        self._call = call
        self._lease = lease
        self._shared = shared
        self._meter = meter
        self._stop = stop
        self._transcription = shared.deps.transcription_model if session.transcription else None
        self._pinned = pinned_of(call, session, shared.deps.transcription_model)
        self._trail = Trail(lease, shared)
        self._desk = desk_of(call, lease, session, shared, self._trail.tell, stop)
        self._tears = 0
        self._is_barred = False
        self._parting: asyncio.Future[None] | None = None
        self._conversation: Conversation | None = None
        self._writer: Writer | None = None
        self._audience: Audience | None = None
        self._socket: Socket | None = None

    @property
    def is_open(self) -> bool:
        """True once the transcript's pages were taken over."""
        return self._conversation is not None

    @property
    def heard_at(self) -> float:
        """The loop's time of the last word or tool; 0 before the first."""
        return self._conversation.heard_at if self._conversation is not None else 0.0

    async def hear(self, attached: Attached, code: int, on_heard: Callable[[], None]) -> int:
        """Listen on one connection; return its close code. `code` is that of the one before. Raise LeaseLost.

        `on_heard` is called once the upstream talks to us and the pages are ours.
        A transcript is taken over only once we hear: the earlier host may still write what we missed.
        """
        self._socket = attached.socket
        try:
            if self.is_open and code in CLEAN:
                self.tear()
            elif not self.is_open and self._lease.number > 1:
                await wake(attached.socket)
                await asyncio.sleep(limits.OVERLAP)
            conversation, writer = await self.open()
            with suppress(Hung):  # what it has told until then waits to be heard
                await greet(attached.socket, conversation)
            if self._desk is not None:
                self._desk.connect(attached.socket)
            on_heard()
            code = await listen(attached.socket, conversation, writer)
        except Hung as hung:
            code = hung.code
        self._socket = None
        return code

    async def open(self) -> tuple[Conversation, Writer]:
        """Take over the transcript's pages, once. Raise LeaseLost."""
        if self._conversation is None or self._writer is None:
            try:
                journal = await open_journal(self._lease, self._shared)
            except LeaseLost:
                self._is_barred = True
                raise
            guard = Guard(self._pinned, self._trail.tell) if self._pinned else None
            self._conversation = Conversation(journal, self._transcription, guard, self._meter.take)
            self._audience = Audience(journal, self._lease, self._shared)
            self._writer = Writer(journal, self._lease, self._shared, self._shut_out, self._audience.wrote)
            if self._desk is not None:
                self._desk.open(journal)
                self._conversation.tools = self._desk
            if self._lease.number > 1 or self._is_late():
                self.tear()
                if self._call.status == "pending":  # handed over: what is said next will most likely deny it
                    self._conversation.progress = Progress.APPEARED
        return self._conversation, self._writer

    def _is_late(self) -> bool:
        """True for a call that was first heard so late that it was hardly silent until then."""
        age = (self._shared.deps.clock() - self._call.created_at).total_seconds()
        return age > limits.LATE

    def tear(self) -> None:
        """Note that nobody listened for a while; a clean close is no such thing until it is opened again."""
        if self._conversation is None:
            return
        self._tears += 1
        now = asyncio.get_running_loop().time()
        self._conversation.tear(f"gap_{self._lease.number}_{self._tears}", now)

    def is_expired(self, code: int) -> bool:
        """True when a connection that closed with this code will not come back, as the call's time is up."""
        conversation = self._conversation
        if conversation is None:
            return False
        if code != GOING_AWAY or not conversation.expires_at:
            return conversation.expired
        now = self._shared.deps.clock().timestamp()
        return conversation.expired or now >= conversation.expires_at - limits.EXPIRY_MARGIN

    def last_words(self) -> asyncio.Task[int] | None:
        """Listen on, beside whatever else happens; the caller cancels it. None without a connection."""
        if self._socket is None or self._conversation is None or self._writer is None:
            return None
        return asyncio.create_task(listen(self._socket, self._conversation, self._writer))

    async def part(self, seconds: float, *, hushed: bool = False) -> None:
        """Hear on for so many seconds, unless another host has the pages by then, and write what was heard.

        Who has lost the lease can still write, and must: the next host has only what we leave to it. Who is
        `hushed` asks for nothing and corrects nothing: the next host does.
        """
        with suppress(LeaseLost):
            await self.take_in()
        if self._conversation is not None and hushed:
            self._conversation.hush()
        if self._conversation is None or self._writer is None or self._writer.is_shut_out:
            return
        last = self.last_words() if seconds else None
        if last is not None:
            self._parting = asyncio.get_running_loop().create_future()
            await asyncio.wait((last, self._parting), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            last.cancel()
            await asyncio.wait((last,))
            if not last.cancelled() and (error := last.exception()) is not None:
                log.error("follow.not_heard", error, session_id=self._lease.session_id)
        if self._socket is not None:
            await self._socket.close()
            catch_up(self._socket, self._conversation, self._writer)
        await self._writer.drain(limits.PARTING, parted=True)

    def _shut_out(self) -> None:
        """Another host has the pages: nothing more can be written."""
        if self._parting is not None and not self._parting.done():
            self._parting.set_result(None)
        self._stop(Lost())

    def leave(self) -> None:
        """This host gives the call away: another tells the model what its tools came to."""
        if self._desk is not None:
            self._desk.leave()

    async def take_in(self) -> None:
        """Take the pages over for what a connection has told before they were ours. Raise LeaseLost."""
        if self._socket is None or self.is_open or self._is_barred:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.TAKE_IN):
                await asyncio.sleep(limits.OVERLAP)
                catch_up(self._socket, *await self.open())

    async def drain(self, seconds: float) -> int:
        """Write everything; return how many items are not in the table after that many seconds."""
        return await self._writer.drain(seconds) if self._writer is not None else 0

    async def finish(self) -> int:
        """Close the transcript and write it; return how many items could not be. Raise LeaseLost.

        A call that ends while another host hands it over is taken over here: that host still writes.
        """
        if not self.is_open and self._lease.number > 1:
            await asyncio.sleep(limits.ENDING_OVERLAP)
        conversation, writer = await self.open()
        if self._socket is not None:
            catch_up(self._socket, conversation, writer)
        conversation.close(asyncio.get_running_loop().time())
        return await writer.drain(limits.CLOSE_FLUSH)

    def watch(self) -> None:
        """See who watches the call; opening the pages does, too."""
        if self._audience is not None:
            self._audience.look()

    async def over(self) -> None:
        """Tell who watches that the call is closed."""
        if self._audience is not None:
            await self._audience.over()

    async def stop(self) -> None:
        """Write and hear nothing more, and let no tool go on."""
        if self._desk is not None:
            await self._desk.stop()
        if self._audience is not None:
            self._audience.stop()
        if self._writer is not None:
            self._writer.stop()
        if self._socket is not None:
            await self._socket.close()
