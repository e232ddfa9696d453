"""What the sideband needs from the outside, as ports; and what the follows of one host share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any, ParamSpec, Protocol, TypeVar

from switchboard.domain.audit import Audits
from switchboard.domain.call import Lease
from switchboard.domain.errors import NotFound, Throttled
from switchboard.domain.places import Leaving
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.sideband import Hosts
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.ports.transcripts import Transcripts
from switchboard.domain.price import PRICES, Prices
from switchboard.domain.secret import ApiKey, Credential
from switchboard.domain.viewers import Viewer

from sideband import limits
from sideband.aside import Aside
from sideband.backoff import Backoff
from sideband.metrics import Metrics
from sideband.socket import Connect
from sideband.tool_kit import ToolKit

P = ParamSpec("P")
R = TypeVar("R")


class HangsUp(Protocol):
    """The part of the upstream's realtime API that a host needs besides the sockets."""

    def hang_up(self, call_id: str, credential: Credential | None = None) -> None:
        """End the call, as in `ports.realtime.Realtime`."""


class Watching(Protocol):
    """The part of the viewers' store that a host needs."""

    def list(self, session_id: str) -> tuple[Viewer, ...]:
        """Return those who watch the session, as in `viewers.Viewers`."""


class Posting(Protocol):
    """The part of the mailboxes that a host needs."""

    def send(self, address: str, text: str) -> None:
        """Put a message there, as in `viewers.Mailboxes`."""


class WritesPages(Protocol):
    """A quicker way to write pages than the store's, where there is one."""

    async def write(
        self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Store the page as `Transcripts.write` does; False if only that can tell. Raise Throttled."""


class Unwatched:
    """Viewers and mailboxes where nobody watches."""

    def list(self, session_id: str) -> tuple[Viewer, ...]:
        """Return nobody."""
        return ()

    def send(self, address: str, text: str) -> None:
        """Raise NotFound."""
        raise NotFound("There is no such mailbox.")


@dataclass(frozen=True, slots=True)
class Allowance:
    """When calls are hung up: seconds without a word or a tool, seconds in all, and dollars a session.

    None of them applies if it is 0.
    """

    idle: float = 0.0
    longest: float = 0.0
    budget: float = 0.0


@dataclass(frozen=True, slots=True)
class Deps:
    """The ports. `api_key` returns our own key; `transcription_model` is what sessions are transcribed by."""

    sessions: Sessions
    secrets: Secrets
    calls: Calls
    hosts: Hosts
    transcripts: Transcripts
    audits: Audits
    places: Leaving
    realtime: HangsUp
    api_key: Callable[[], ApiKey]
    transcription_model: str
    connect: Connect
    clock: Clock
    chance: Random
    stage: str = "dev"
    prices: Prices = field(default_factory=lambda: PRICES)
    allowance: Allowance = Allowance()
    viewers: Watching = field(default_factory=Unwatched)
    mailboxes: Posting = field(default_factory=Unwatched)
    tools: ToolKit | None = None
    quick: WritesPages | None = None


@dataclass(slots=True)
class Shared:
    """What all follows of one host share: the ports, threads, limits of concurrency, and the counts.

    Once the host is leaving, `leave_by` is the loop's time by which calls are let go of, with what is written
    by then, and `exit_by` that by which all that was heard meanwhile must be written.
    """

    deps: Deps
    host: str
    aside: Aside = field(default_factory=lambda: Aside("aside", limits.THREADS))
    table: Aside = field(default_factory=lambda: Aside("table", limits.THREADS))
    spare: Aside = field(default_factory=lambda: Aside("spare", limits.SPARE_THREADS))
    writes: Aside = field(default_factory=lambda: Aside("writes", limits.WRITES))
    pulse: Aside = field(default_factory=lambda: Aside("pulse", limits.PULSE_THREADS))
    polls: Aside = field(default_factory=lambda: Aside("polls", 1))
    live: Aside = field(default_factory=lambda: Aside("live", limits.LIVE_THREADS))
    writing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(limits.WRITES))
    handshakes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(limits.HANDSHAKES))
    leave_by: float = inf
    exit_by: float = inf
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.deps.stage)

    def backoff(self, first: float, longest: float) -> Backoff:
        """Return fresh growing pauses."""
        return Backoff(first, longest, self.deps.chance)

    async def ask(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work` on the table, some times over if it is busy; then raise Throttled.

        The pauses are ours, not the SDK's: those would hold threads that takeovers wait for.
        """
        backoff = self.backoff(limits.ASK_FIRST, limits.ASK_LONGEST)
        for _ in range(limits.ASK_TRIES - 1):
            try:
                return await self.table(work, *args, **kwargs)
            except Throttled:
                await asyncio.sleep(backoff.next())
        return await self.table(work, *args, **kwargs)

    async def insist(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work` on the table until that is not too busy for it."""
        return await self._insist(self.table, work, *args, **kwargs)

    async def at_leisure(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do the same where nobody waits for it, and it must not hold up a takeover."""
        return await self._insist(self.spare, work, *args, **kwargs)

    async def _insist(self, lane: Aside, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        backoff = self.backoff(limits.WRITE_FIRST, limits.WRITE_LONGEST)
        while True:
            try:
                return await lane(work, *args, **kwargs)
            except Throttled:
                await asyncio.sleep(backoff.next())

    async def write(
        self, lease: Lease, number: int, revision: int, entries: Sequence[Mapping[str, Any]]
    ) -> None:
        """Store a page: quickly if that is possible, else as the store does."""
        page = (lease, number, revision, entries)
        if self.deps.quick is None or not await self.deps.quick.write(*page):
            await self.writes(self.deps.transcripts.write, *page)

    def close(self) -> None:
        """Take no more work."""
        for lane in (self.aside, self.table, self.spare, self.writes, self.pulse, self.polls, self.live):
            lane.close()
