"""The chat session: our record of one ChatKit session, of who answered in it, and of its upstream side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from switchboard.domain import chat_limits as limits
from switchboard.domain.errors import ChatBusy, ChatEnded

Channel = Literal["web", "voice"]
Mode = Literal["hosted", "self_hosted"]
Status = Literal["active", "ended"]
UpstreamState = Literal["none", "opening", "active", "cancelling", "cancelled", "expired", "failed"]
OPENING = timedelta(seconds=limits.OPENING_SECONDS)
PENDING: dict[str, timedelta] = {"opening": OPENING, "cancelling": timedelta(seconds=limits.RETRY_SECONDS)}
"""Upstream states that must not last, and how long they may before the sweep looks at them."""
KNOWN_EVENTS = frozenset({"button_click", "feedback", "hitl_escalation", "hitl_resolved", "agent_handover"})
"""Event types that metrics tell apart; others are kept as well, and counted together."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Since when somebody answers: `agent:<id>` or `person:<who>`, and by which event."""

    holder: str
    since: datetime
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class UpstreamChat:
    """The upstream's session, and since when it is in that state.

    `opening` holds off a second opener, `cancelling` wants repeating; the others need nothing more.
    """

    state: UpstreamState = "none"
    since: datetime | None = None
    id: str | None = None
    expires_at: datetime | None = None
    secret_id: str | None = None

    def seen_at(self, now: datetime) -> UpstreamState:
        """Return the state as the clock has it: the upstream can be told things, not asked."""
        over = self.expires_at is not None and self.expires_at <= now
        return "expired" if over and self.state in ("active", "cancelling") else self.state


@dataclass(frozen=True, slots=True)
class ChatSession:
    """One chat session. Every change returns a new value; the store writes it only over `version`.

    Attributes:
        codex_session_id: the codex session that it hangs from, if there is one.
        expires_at: when it ends by itself.
        holdings: who has answered since when, oldest first; the last one answers now.
        escalated_at: when a person was first asked for.
        reason: why it ended: cancelled, closed, expired, or failed (it never was open upstream).
    """

    id: str
    owner: str
    mode: Mode
    agent_id: str
    channel: Channel
    created_at: datetime
    expires_at: datetime
    org_id: str | None = None
    codex_session_id: str | None = None
    status: Status = "active"
    ended_at: datetime | None = None
    reason: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    holdings: tuple[Holding, ...] = ()
    escalated_at: datetime | None = None
    upstream: UpstreamChat = UpstreamChat()
    version: int = 1

    @property
    def holder(self) -> str:
        """Who answers now."""
        return self.holdings[-1].holder if self.holdings else f"agent:{self.agent_id}"

    @property
    def answering_agent(self) -> str | None:
        """The id of the agent that answers now; None while a person does."""
        kind, _, name = self.holder.partition(":")
        return name if kind == "agent" else None

    def seen_at(self, now: datetime) -> ChatSession:
        """Return the session as the clock has it: ended, once its time is up."""
        return self.end(self.expires_at, "expired") if self.expires_at <= now else self

    def require_active(self, now: datetime) -> ChatSession:
        """Return itself. Raise ChatEnded if it is over."""
        if self.seen_at(now).status == "ended":
            raise ChatEnded("The chat session has ended. Create a new one.")
        return self

    def hand_over(self, holder: str, now: datetime, event_id: str) -> ChatSession:
        """Let somebody else answer; who answers already goes on, and nothing changes."""
        if holder == self.holder:
            return self
        return replace(self, holdings=(*self.holdings, Holding(holder, now, event_id)))

    def escalate(self, person: str, now: datetime, event_id: str) -> ChatSession:
        """Let a person answer, and remember when one was first asked for."""
        handed = self.hand_over(f"person:{person}", now, event_id)
        return handed if handed.escalated_at else replace(handed, escalated_at=now)

    def take_back(self, now: datetime, event_id: str) -> ChatSession:
        """Let the agent answer again that did before a person took over."""
        agents = [each.holder for each in self.holdings if each.holder.startswith("agent:")]
        return self.hand_over(agents[-1] if agents else f"agent:{self.agent_id}", now, event_id)

    def opening(self, now: datetime) -> ChatSession:
        """Be about to have a session upstream; what it had there is over. Raise ChatBusy if it is already."""
        since = self.upstream.since
        if self.upstream.state == "opening" and since and now < since + OPENING:
            raise ChatBusy("The chat session is being opened.", retry_after=limits.BUSY_RETRY_AFTER)
        return replace(self, upstream=UpstreamChat("opening", now))

    def opened(self, upstream: UpstreamChat) -> ChatSession:
        """Have a session upstream; one that ended meanwhile owes it a cancellation."""
        state: UpstreamState = "active" if self.status == "active" else "cancelling"
        ends_with_it = self.status == "active" and self.codex_session_id is None and upstream.expires_at
        expires_at = upstream.expires_at if ends_with_it and upstream.expires_at else self.expires_at
        return replace(self, upstream=replace(upstream, state=state), expires_at=expires_at)

    def end(self, now: datetime, reason: str) -> ChatSession:
        """Be over; the same again changes nothing. What lives upstream wants cancelling from now on."""
        if self.status == "ended":
            return self
        ended = replace(self, status="ended", ended_at=now, reason=reason)
        return ended.settled("cancelling", now) if self.upstream.seen_at(now) == "active" else ended

    def settled(self, state: UpstreamState, now: datetime) -> ChatSession:
        """Take note of what has become of the upstream's session, or that it was tried again."""
        return replace(self, upstream=replace(self.upstream, state=state, since=now))

    @property
    def due(self) -> datetime | None:
        """When the sweep must look at it: None once nothing is left to do."""
        if self.upstream.since and self.upstream.state in PENDING:
            return self.upstream.since + PENDING[self.upstream.state]
        return self.expires_at if self.status == "active" else None


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """Something that happened in a chat session; kept for audit."""

    id: str
    session_id: str
    type: str
    payload: dict[str, Any]
    created_at: datetime
