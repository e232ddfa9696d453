"""Hear commands: those of the queue, and those that other hosts forwarded."""

from __future__ import annotations

import asyncio
from collections import deque

from switchboard.domain.call import Command

from sideband import log
from sideband.deps import Shared
from sideband.queue import Malformed, Message, Queue, command_of
from sideband.roster import Roster


class Poll:
    """Takes commands and heeds them. They are hints: repeats and late ones do no harm."""

    def __init__(self, shared: Shared, roster: Roster, queue: Queue) -> None:
        self._shared = shared
        self._roster = roster
        self._queue = queue
        self._left: deque[Command] = deque()

    async def queue(self) -> None:
        """Take messages from the queue and heed them side by side."""
        messages = await self._shared.polls(self._queue.receive)
        if self._roster.closed:
            await asyncio.gather(*(self._shared.aside(self._queue.give_back, each) for each in messages))
        else:
            await asyncio.gather(*map(self._handle, messages))

    async def forwarded(self) -> None:
        """Take what other hosts left for us; what cannot be heeded now is kept for the next time."""
        self._left += await self._shared.table(self._shared.deps.hosts.take, self._shared.host)
        while self._left:
            await self._roster.heed(self._left[0])
            self._left.popleft()

    async def _handle(self, message: Message) -> None:
        """Heed one message and delete it; one that fails stays and comes again."""
        try:
            command = command_of(message.body)
        except Malformed:
            log.error("command.malformed")
            return
        try:
            await self._roster.heed(command)
        except Exception as error:  # whatever a store may raise
            log.warning("command.failed", error, session_id=command.session_id)
            return
        await self._shared.aside(self._queue.delete, message)
