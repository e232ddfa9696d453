"""What a place to keep sessions must do. It sees numbers, names and opaque bytes, never words.

A session's turns belong to its epoch. Clearing raises the epoch, so that a turn that was on its way when
the session was cleared finds its epoch gone, and nothing of before is ever seen again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

COUNTERS = (
    "turns",
    "answers",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "milliseconds",
    "first_token_ms",
    "first_tokens",
    "cost_nano_usd",
)
"""Numbers that every turn adds to. `turns` begins again at zero when the session is cleared, the others go
on: `answers` counts all turns ever, `first_token_ms` sums over the `first_tokens` turns that had a token."""


APPEND_MOST = 90
"""Turns that are stored at once: a transaction of DynamoDB has 100 writes, one of them the session's."""


@dataclass(frozen=True, slots=True)
class Record:
    """A session as it is stored. `digest` stands for the turns up to `digest_key`."""

    id: str
    owner: str
    epoch: int
    created_at: datetime
    updated_at: datetime
    counters: Mapping[str, int] = field(default_factory=dict)
    digest: bytes | None = None
    digest_key: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """One stored turn: its sort key, its bytes, and when it is forgotten (seconds since 1970)."""

    key: str
    blob: bytes
    expires: int


class Backend(Protocol):
    """A place to keep sessions. Every method may raise Throttled."""

    async def open(self, session_id: str, owner: str, now: datetime, expires: int) -> Record:
        """Return the session; one that does not exist is made first. The owner may be another's."""

    async def find(self, session_id: str) -> Record | None:
        """Return the session, whoever owns it, unless it is missing or has expired."""

    async def append(
        self, session_id: str, epoch: int, turns: Sequence[Kept], gains: Mapping[str, int], now: datetime
    ) -> bool:
        """Store turns and count them, all or none, and let the session live until the last of them expires.

        At most APPEND_MOST. Turns whose first is there already change nothing and count nothing; True all
        the same. False if the session is gone or of a later epoch.
        """

    async def amend(self, session_id: str, epoch: int, turns: Sequence[Kept]) -> None:
        """Store turns anew that are there; whichever is not stays away."""

    async def take(self, session_id: str, epoch: int) -> Kept | None:
        """Remove the newest turn of this epoch and return it; each is handed out once. None without any."""

    async def read(self, session_id: str, epoch: int, limit: int, before: str | None = None) -> list[Kept]:
        """Return up to `limit` turns of this epoch, newest first, those before the key `before`."""

    async def save_digest(self, session_id: str, epoch: int, digest: bytes, key: str, seen: str) -> bool:
        """Store the digest up to `key`; False if the one up to `seen` is not the stored one any more."""

    async def clear(self, session_id: str, now: datetime) -> None:
        """Forget all turns and the digest; the session stays, in its next epoch."""

    async def delete(self, session_id: str) -> None:
        """Forget the session, its turns and its audit; a missing one is fine."""

    async def hit(self, session_id: str, window: int, expires: int) -> int:
        """Count one more query in that window, and return how many there are now."""

    async def note(self, session_id: str, event: Mapping[str, Any], expires: int) -> None:
        """Keep an audit event; `event["at"]` is its time, in ISO form."""

    async def notes(self, session_id: str) -> list[dict[str, Any]]:
        """Return the audit events in order."""
