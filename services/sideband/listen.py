"""Listen on one connection until it is over; the dull loop between socket and conversation."""

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
    clock = asyncio.get_running_loop().time
    try:
        while True:
            due = conversation.wakes_at()
            try:
                if due is None:
                    frame = await socket.receive()
                else:
                    async with asyncio.timeout_at(due):
                        frame = await socket.receive()
                answers = conversation.take(frame, clock())
            except TimeoutError:
                answers = conversation.tend(clock())
            if conversation.progress:
                writer.poke(conversation.progress)
                conversation.progress = Progress.NOTHING
            for answer in answers:
                await socket.send(answer)
    except Hung as hung:
        return hung.code
