"""A call is one WebRTC leg of a session; a lease is one host's right to follow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal
from zlib import crc32

from switchboard.domain.price import Totals

CallStatus = Literal["pending", "followed", "closed"]

PENDING_SHARDS = 8
"""Partitions of the index of pending calls: 8,000 new calls a second, and eight cheap queries a sweep."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of `host` to follow one call and to write its transcript.

    `number` grows with every claim and fences late writers: a write under an older number fails. The lease
    lives as long as its host's heartbeat does.
    """

    session_id: str
    generation: int
    call_id: str
    host: str
    number: int


@dataclass(frozen=True, slots=True)
class Call:
    """What is stored of one call.

    Attributes:
        generation: the session's generation at which the call was attached; orders a session's calls.
        lease: number of the newest claim, 0 before the first.
        credential: which kind of key attached (`client_secret` or `api_key`), once one has.
        reason: why it was closed, such as `ended`, `replaced`, `hung_up`, `not_found`.
        pinned: fingerprint of the instructions that a relayed call was created with; see `instructions_mark`.
        usage: what it has used by the last metering, None before the first.
        tool_calls: function calls that hosts have begun to run on it.
        places: what it holds of the calls that may live at once; see `place.Slot`.
        released_at: when a host gave it back, so that it has waited for another since then.
        unwanted: why it is to be ended instead of followed, such as `too_many_calls`.
    """

    session_id: str
    generation: int
    call_id: str
    created_at: datetime
    status: CallStatus = "pending"
    host: str | None = None
    lease: int = 0
    credential: str | None = None
    attached_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    pinned: str | None = None
    usage: Totals | None = None
    tool_calls: int = 0
    places: tuple[str, ...] = ()
    released_at: datetime | None = None
    unwanted: str | None = None

    @property
    def waiting_since(self) -> datetime:
        """When a pending call began to wait for a host."""
        return self.released_at or self.created_at


def pending_shard(session_id: str) -> int:
    """Return in which partition a session's calls wait for a host."""
    return crc32(session_id.encode()) % PENDING_SHARDS


def instructions_mark(instructions: str) -> str:
    """Return a short hash by which a call remembers its instructions: a renewal changes the session's."""
    return sha256(instructions.encode(errors="surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class HostBeat:
    """One look at a host: `beat` grows while it lives; who sees it stand still judges by their own clock.

    One that is `closed` lives, but takes up no call now: it is leaving, or full.
    """

    host: str
    beat: int
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A hint to the sideband: `follow` the session's call, `end` it, or see who is new to `watch` it."""

    kind: Literal["follow", "end", "watch"]
    session_id: str
    generation: int
