"""Listen on one connection until it is over; the dull part between socket and conversation."""

from __future__ import annotations

import asyncio

from sideband.conversation import Conversation
from sideband.journal import Progress
from sideband.socket import Hung, Socket
from sideband.writer import Writer


async def wake(socket: Socket) -> None:
    """Have the upstream talk to us, and listen later. Raise Hung."""
    await socket.send(b'{"type":"session.update","session":{"type":"realtime"}}')


async def greet(socket: Socket, conversation: Conversation) -> None:
    """Wake the upstream and ask for what was missed. Raise Hung."""
    for frame in conversation.opened(asyncio.get_running_loop().time()):
        await socket.send(frame)


async def listen(socket: Socket, conversation: Conversation, writer: Writer) -> int:
    """Fold frames until the connection is over; return its close code."""
    listening = Listening(conversation, writer)
    socket.attend(listening)
    listening.begin()
    try:
        while (code := listening.code()) is None:
            await listening.stirred()
            for answer in listening.answers():
                await socket.send(answer)
    except Hung as hung:
        return hung.code
    finally:
        socket.attend(None)
    return code


def catch_up(socket: Socket, conversation: Conversation, writer: Writer) -> None:
    """Fold what waits on a connection to which nobody listens any more; its answers have nowhere to go."""
    socket.attend(Listening(conversation, writer))
    socket.attend(None)


class Listening:
    """Folds each frame as it is read. Its task sleeps until there is something to say, or it is over."""

    __slots__ = ("_answers", "_code", "_conversation", "_failure", "_loop", "_waiter", "_writer")

    def __init__(self, conversation: Conversation, writer: Writer) -> None:
        self._conversation = conversation
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._answers: list[bytes] = []
        self._failure: Exception | None = None
        self._code: int | None = None

    def begin(self) -> None:
        """Have written what is known already, such as the mark of a gap: the line may stay silent."""
        if self._conversation.progress:
            self._poke()

    def heard(self, frame: bytes) -> None:
        """Fold one frame. What goes wrong is raised where the call is followed, not where it is read."""
        conversation = self._conversation
        if self._failure is None:
            try:
                answers = conversation.take(frame, self._loop.time())
            except Exception as error:
                self._failure = error
                self._stir()
                return
            if conversation.progress:
                self._poke()
            if answers or conversation.wakes_at() is not None:
                self._answers += answers
                self._stir()

    def over(self, code: int) -> None:
        """Note that the connection is over."""
        self._code = code
        self._stir()

    def code(self) -> int | None:
        """Return the close code, None while the connection is open. Raise what went wrong with a frame."""
        if self._failure is not None:
            raise self._failure
        return self._code

    async def stirred(self) -> None:
        """Wait until there may be something to say, or it is over."""
        if self._answers or self._failure is not None or self._code is not None:
            return
        due = self._conversation.wakes_at()
        self._waiter = self._loop.create_future()
        timer = self._loop.call_at(due, self._stir) if due is not None else None
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def answers(self) -> list[bytes]:
        """Return what is to be sent by now, each once."""
        answers, self._answers = self._answers, []
        answers += self._conversation.tend(self._loop.time())
        if self._conversation.progress:
            self._poke()
        return answers

    def _poke(self) -> None:
        self._writer.poke(self._conversation.progress)
        self._conversation.progress = Progress.NOTHING

    def _stir(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
