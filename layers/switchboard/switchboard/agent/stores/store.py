"""The sessions of the text agent: the one contract that every place to keep them is used through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from switchboard.agent import limits
from switchboard.agent.history import HistoryParts, MessageHistory
from switchboard.agent.sealing import Plain, Sealer
from switchboard.agent.stores.backend import Backend, Kept, Record
from switchboard.agent.turn import Turn
from switchboard.domain.errors import InvalidRequest, NotFound

LOCAL = "local"
"""The owner of sessions where nobody is asked who they are: a program that uses the library for itself."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of a session's turns, oldest first, and the cursor of those before (None at the beginning)."""

    record: Record
    turns: tuple[Turn, ...]
    cursor: str | None


class SessionStore:
    """Sessions by id and owner. Another's session looks like no session.

    Every method may raise Throttled. Appends are safe against each other: each turn is a value of its own,
    and storing it twice stores it once.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        sealer: Sealer | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        price: Callable[[Turn], int] = lambda turn: 0,
        life: timedelta = timedelta(days=limits.SESSION_DAYS),
    ) -> None:
        self.backend = backend
        self.sealer = sealer or Plain()
        self.clock = clock
        self._price = price
        self.life = life

    async def create(self, session_id: str, owner: str = LOCAL) -> Record:
        """Make the session, unless it is there already. Raise NotFound if it is another's."""
        _check(session_id)
        now = self.clock()
        record = await self.backend.open(session_id, owner, now, self._expiry(now))
        return _mine(record, owner)

    async def find(self, session_id: str, owner: str = LOCAL) -> Record | None:
        """Return the session's record: counters and times; None if it is missing or another's."""
        if not 0 < len(session_id) <= limits.SESSION_ID_CHARS:
            return None
        record = await self.backend.find(session_id)
        return record if record and record.owner == owner else None

    async def exists(self, session_id: str, owner: str = LOCAL) -> bool:
        """Say whether there is such a session."""
        return await self.find(session_id, owner) is not None

    async def get(
        self,
        session_id: str,
        owner: str = LOCAL,
        *,
        most: int = limits.CONSIDERED_TURNS,
        parts: HistoryParts | None = None,
    ) -> MessageHistory | None:
        """Return the session's newest `most` turns as a history; None if it is missing or another's."""
        record = await self.find(session_id, owner)
        if record is None:
            return None
        kept = await self.backend.read(session_id, record.epoch, most)
        history = MessageHistory(
            (self._open(session_id, each) for each in kept),
            digest=self.sealer.open(session_id, record.digest).decode() if record.digest else "",
            digest_key=record.digest_key,
            epoch=record.epoch,
            parts=parts,
        )
        history.stored_in, history.stored = self, {each.key for each in kept}
        return history

    async def set(self, session_id: str, history: MessageHistory, owner: str = LOCAL) -> None:
        """Store what the history has and the session has not; make the session if there is none.

        Turns that others have added meanwhile stay. A history that was cleared clears the session first.
        """
        record = await self.create(session_id, owner)
        if history.cleared:
            await self.backend.clear(session_id, self.clock())
            history.cleared, history.stored = False, set()
            record = await self.create(session_id, owner)
        history.epoch = record.epoch
        if history.stored_in is not self:
            history.stored_in, history.stored = self, set()
        for turn in history.get_all():
            if turn.key not in history.stored:
                await self.append(session_id, turn, history.epoch)
                history.stored.add(turn.key)

    async def append(self, session_id: str, turn: Turn, epoch: int) -> bool:
        """Store one turn, once. False if the session was cleared since that epoch, or is gone."""
        kept = Kept(turn.key, self._seal(session_id, turn), self._expiry(turn.created_at))
        return await self.backend.append(session_id, epoch, [kept], self._gains(turn), self.clock())

    async def amend(self, session_id: str, history: MessageHistory) -> None:
        """Store the vectors that the history's turns were given since they were read."""
        turns = [
            Kept(turn.key, self._seal(session_id, turn), self._expiry(turn.created_at))
            for turn in history.amended
        ]
        history.amended = []
        if turns:
            await self.backend.amend(session_id, history.epoch, turns)

    async def save_digest(self, session_id: str, history: MessageHistory, digest: str, key: str) -> bool:
        """Store the digest of the turns up to `key`; False if another was faster."""
        sealed = self.sealer.seal(session_id, digest.encode("utf-8", "replace"))
        return await self.backend.save_digest(session_id, history.epoch, sealed, key, history.digest_key)

    async def page(
        self,
        session_id: str,
        owner: str = LOCAL,
        *,
        limit: int = limits.PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> HistoryPage:
        """Return the newest turns, or those before the cursor. Raise NotFound, InvalidRequest."""
        record = await self.find(session_id, owner)
        if record is None:
            raise missing()
        if cursor is not None and ("#" not in cursor or len(cursor) > limits.SESSION_ID_CHARS):
            raise InvalidRequest("cursor: is not one of ours")
        kept = await self.backend.read(session_id, record.epoch, limit + 1, cursor)
        shown: list[Kept] = []
        size = 0
        for each in kept[:limit]:
            size += len(each.blob)
            if shown and size > limits.PAGE_BYTES:
                break
            shown.append(each)
        more = shown[-1].key if len(shown) < len(kept) else None
        turns = tuple(self._open(session_id, each) for each in reversed(shown))
        return HistoryPage(record, turns, more)

    async def clear(self, session_id: str, owner: str = LOCAL) -> None:
        """Forget the session's turns; the session stays. Raise NotFound."""
        if not await self.exists(session_id, owner):
            raise missing()
        await self.backend.clear(session_id, self.clock())

    async def delete(self, session_id: str, owner: str = LOCAL) -> None:
        """Forget the session with everything in it; a missing one, or another's, changes nothing."""
        if await self.exists(session_id, owner):
            await self.backend.delete(session_id)

    async def hit(self, session_id: str) -> tuple[int, int]:
        """Count a query; return how many there were in this window, and the seconds until the next."""
        now = int(self.clock().timestamp())
        window, since = divmod(now, limits.RATE_WINDOW_SECONDS)
        left = limits.RATE_WINDOW_SECONDS - since
        return await self.backend.hit(session_id, window, now + left), left

    async def note(self, session_id: str, event: str, **facts: Any) -> None:
        """Keep an audit event: its name, its time, ids and numbers; never words."""
        now = self.clock()
        expires = int((now + timedelta(days=limits.AUDIT_DAYS)).timestamp())
        await self.backend.note(session_id, {"at": now.isoformat(), "event": event, **facts}, expires)

    async def audit(self, session_id: str, owner: str = LOCAL) -> list[dict[str, Any]]:
        """Return the session's audit events in order. Raise NotFound."""
        if not await self.exists(session_id, owner):
            raise missing()
        return await self.backend.notes(session_id)

    def _seal(self, session_id: str, turn: Turn) -> bytes:
        return self.sealer.seal(session_id, turn.to_bytes())

    def _open(self, session_id: str, kept: Kept) -> Turn:
        return Turn.from_bytes(self.sealer.open(session_id, kept.blob))

    def _expiry(self, since: datetime) -> int:
        return int((since + self.life).timestamp())

    def _gains(self, turn: Turn) -> Mapping[str, int]:
        usage = turn.usage
        return {
            "turns": 1,
            "answers": 1,
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "milliseconds": turn.milliseconds,
            "first_token_ms": turn.first_token_ms or 0,
            "first_tokens": 0 if turn.first_token_ms is None else 1,
            "cost_nano_usd": self._price(turn),
        }


def missing() -> NotFound:
    """Return the error for a session that is missing or another's."""
    return NotFound("There is no such session.")


def _mine(record: Record, owner: str) -> Record:
    if record.owner != owner:
        raise missing()
    return record


def _check(session_id: str) -> None:
    if not 0 < len(session_id) <= limits.SESSION_ID_CHARS:
        raise InvalidRequest(f"session_id: has 1 to {limits.SESSION_ID_CHARS} characters")
