"""A turn while it is being answered, and its way into the store: once, however it ends."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from switchboard.agent import compaction
from switchboard.agent.conversation import Reply
from switchboard.agent.history import MessageHistory
from switchboard.agent.stores.store import SessionStore
from switchboard.agent.summaries import extract
from switchboard.agent.turn import Turn, TurnStatus
from switchboard.domain.errors import SwitchboardError

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Draft:
    """One query on its way: where it belongs, what has come of it, and whether that is stored."""

    id: str
    query: str
    session_id: str
    store: SessionStore
    history: MessageHistory
    created_at: datetime
    owner: str
    reply: Reply = field(default_factory=Reply)
    error: SwitchboardError | None = None
    saved: bool = False
    turn: Turn | None = None
    _began: float = field(default_factory=monotonic)
    _first_token: float | None = None
    _saving: asyncio.Task[None] | None = None

    def token(self) -> None:
        """Note the time of the first token."""
        if self._first_token is None:
            self._first_token = monotonic()

    def bare_turn(self, status: TurnStatus) -> Turn:
        """Return the turn as it stands, with the cheap summary and no vector."""
        words = self.reply.text
        first = self._first_token
        return Turn(
            id=self.id,
            query=self.query,
            answer=words,
            summary=extract(self.query, words),
            created_at=self.created_at,
            status=status,
            usage=self.reply.usage,
            milliseconds=round((monotonic() - self._began) * 1000),
            first_token_ms=None if first is None else round((first - self._began) * 1000),
        )

    async def finish(self) -> None:
        """Save the turn, summarised and embedded; and the session's digest, if one is due."""
        status: TurnStatus = "failed" if self.error else self.reply.status
        turn = self.bare_turn(status)
        if not turn.answer:
            await self._save(turn, None)
            return
        full, digest = await asyncio.gather(self.history.finish(turn), compaction.compact(self.history))
        await self._save(full, digest)

    async def abandon(self) -> None:
        """Save what there is, unless that has begun: the client has left. Returns when it is stored."""
        if self._saving is None:
            done = self.reply.ended and not self.reply.calls
            status: TurnStatus = "failed" if self.error else self.reply.status if done else "interrupted"
            await self._save(self.bare_turn(status), None)
        else:
            await asyncio.shield(self._saving)

    async def _save(self, turn: Turn, digest: tuple[str, str] | None) -> None:
        """Store the turn in a task of its own: whoever waits for it may be cancelled, it may not."""
        self.turn = turn
        self._saving = asyncio.create_task(self._store(turn, digest))
        _keep(self._saving)
        await asyncio.shield(self._saving)

    async def _store(self, turn: Turn, digest: tuple[str, str] | None) -> None:
        facts = {"session_id": self.session_id, "turn_id": turn.id, "status": turn.status}
        try:
            self.saved = await self.store.append(self.session_id, turn, self.history.epoch)
            if turn.status != "completed":
                await self._note(turn)
            await self.store.amend(self.session_id, self.history)
            if digest is not None:
                await self.store.save_digest(self.session_id, self.history, *digest)
        except SwitchboardError as error:
            event = "agent.upkeep_failed" if self.saved else "agent.turn_not_saved"
            log.error(event, extra={**facts, "code": error.code})

    async def _note(self, turn: Turn) -> None:
        facts = {"turn_id": turn.id, "status": turn.status}
        if self.error is not None:
            facts["code"] = self.error.code
        await self.store.note(self.session_id, "query.ended", **facts)


_saving: set[asyncio.Task[None]] = set()
"""Saves that are under way: a loop holds its tasks only weakly."""


def _keep(task: asyncio.Task[None]) -> None:
    _saving.add(task)
    task.add_done_callback(_saving.discard)


async def settled() -> None:
    """Return when every save that is under way is done: for a process that is about to leave."""
    await asyncio.gather(*_saving, return_exceptions=True)
