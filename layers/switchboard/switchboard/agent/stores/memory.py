"""Sessions in one process's memory: for development, tests and programs that run once."""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from switchboard.agent import limits
from switchboard.agent.stores.backend import Kept, Record


@dataclass(slots=True)
class _Session:
    record: Record
    expires: int
    turns: dict[str, Kept] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    hits: dict[int, int] = field(default_factory=dict)
    notes: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


class MemoryBackend:
    """The contract in plain dictionaries; one event loop, so that nothing needs a lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    async def open(self, session_id: str, owner: str, now: datetime, expires: int) -> Record:
        """Return the session; one that does not exist is made first."""
        if found := self._live(session_id):
            return found.record
        record = Record(session_id, owner, 0, now, now)
        self._sessions[session_id] = _Session(record, expires)
        while len(self._sessions) > limits.MEMORY_SESSIONS:
            self._sessions.popitem(last=False)
        return record

    async def find(self, session_id: str) -> Record | None:
        """Return the session unless it is missing or has expired."""
        found = self._live(session_id)
        return found.record if found else None

    async def append(
        self, session_id: str, epoch: int, turns: Sequence[Kept], gains: Mapping[str, int], now: datetime
    ) -> bool:
        """Store turns and count them, all or none."""
        found = self._live(session_id)
        if found is None or found.record.epoch != epoch:
            return False
        if turns[0].key not in found.turns:
            for turn in turns:
                insort(found.order, turn.key)
                found.turns[turn.key] = turn
            counters = dict(found.record.counters)
            for name, gain in gains.items():
                counters[name] = counters.get(name, 0) + gain
            found.record = replace(found.record, counters=counters, updated_at=now)
            found.expires = max(found.expires, turns[-1].expires)
        return True

    async def amend(self, session_id: str, epoch: int, turns: Sequence[Kept]) -> None:
        """Store turns anew that are there."""
        found = self._live(session_id)
        if found and found.record.epoch == epoch:
            found.turns.update({turn.key: turn for turn in turns if turn.key in found.turns})

    async def take(self, session_id: str, epoch: int) -> Kept | None:
        """Remove the newest turn and return it."""
        newest = await self.read(session_id, epoch, 1)
        found = self._live(session_id)
        if not newest or found is None:
            return None
        found.order.remove(newest[0].key)
        return found.turns.pop(newest[0].key)

    async def read(self, session_id: str, epoch: int, limit: int, before: str | None = None) -> list[Kept]:
        """Return up to `limit` turns, newest first."""
        found = self._live(session_id)
        if found is None or found.record.epoch != epoch:
            return []
        now = self._clock().timestamp()
        newest = (found.turns[key] for key in reversed(found.order) if before is None or key < before)
        alive = (turn for turn in newest if turn.expires > now)
        return [turn for turn, _ in zip(alive, range(limit), strict=False)]

    async def save_digest(self, session_id: str, epoch: int, digest: bytes, key: str, seen: str) -> bool:
        """Store the digest up to `key`."""
        found = self._live(session_id)
        if found is None or (found.record.epoch, found.record.digest_key) != (epoch, seen):
            return False
        found.record = replace(found.record, digest=digest, digest_key=key)
        return True

    async def clear(self, session_id: str, now: datetime) -> None:
        """Forget all turns and the digest."""
        if found := self._live(session_id):
            old = found.record
            counters = {**old.counters, "turns": 0}
            found.record = Record(old.id, old.owner, old.epoch + 1, old.created_at, now, counters)
            found.turns, found.order = {}, []

    async def delete(self, session_id: str) -> None:
        """Forget the session."""
        self._sessions.pop(session_id, None)

    async def hit(self, session_id: str, window: int, expires: int) -> int:
        """Count one more query in that window."""
        found = self._live(session_id)
        if found is None:
            return 1
        found.hits = {window: found.hits.get(window, 0) + 1}
        return found.hits[window]

    async def note(self, session_id: str, event: Mapping[str, Any], expires: int) -> None:
        """Keep an audit event."""
        if found := self._live(session_id):
            now = self._clock().timestamp()
            found.notes = [(until, kept) for until, kept in found.notes if until > now]
            found.notes.append((expires, dict(event)))

    async def notes(self, session_id: str) -> list[dict[str, Any]]:
        """Return the audit events in order."""
        found, now = self._live(session_id), self._clock().timestamp()
        return [event for until, event in found.notes if until > now] if found else []

    def _live(self, session_id: str) -> _Session | None:
        """Return the session as most recently used, unless it has expired."""
        found = self._sessions.get(session_id)
        if found is None:
            return None
        if found.expires <= self._clock().timestamp():
            del self._sessions[session_id]
            return None
        self._sessions.move_to_end(session_id)
        return found
