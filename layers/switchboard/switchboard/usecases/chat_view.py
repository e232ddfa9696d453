"""A chat session as callers see it: our record, joined with what is known of the upstream's session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from switchboard.domain.chat_session import Channel, ChatSession, Mode, Status, UpstreamState
from switchboard.usecases.chat_payload import ChatAnswer


class UpstreamView(ChatAnswer):
    """The upstream's side: null where there is none. `status` is as last told, and as the clock has it."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, hide_input_in_errors=True
    )

    session_id: str | None
    client_secret: str | None = Field(default=None, repr=False)
    expires_at: datetime | None
    status: UpstreamState


class HoldingView(ChatAnswer):
    """Since when somebody answers: `agent:<id>` or `person:<who>`."""

    holder: str
    since: datetime
    event_id: str | None


class ChatSessionView(ChatAnswer):
    """The record. `holder` answers now; `holdings` says who did since when."""

    id: str
    org_id: str | None
    user_id: str
    channel: Channel
    agent_id: str
    mode: Mode
    status: Status
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    reason: str | None
    escalated_at: datetime | None
    holder: str
    holdings: list[HoldingView]
    metadata: dict[str, Any]
    codex_session_id: str | None
    chatkit: UpstreamView


def view_of(chat: ChatSession, now: datetime, client_secret: str | None = None) -> ChatSessionView:
    """Return the answer for a chat session, as the clock has it."""
    seen = chat.seen_at(now)
    own = {"user_id", "holdings", "chatkit"}
    return ChatSessionView(
        user_id=chat.owner,
        holdings=[HoldingView(holder=h.holder, since=h.since, event_id=h.event_id) for h in chat.holdings],
        chatkit=UpstreamView(
            session_id=seen.upstream.id,
            client_secret=client_secret,
            expires_at=seen.upstream.expires_at,
            status=seen.upstream.seen_at(now),
        ),
        **{name: getattr(seen, name) for name in ChatSessionView.model_fields if name not in own},
    )
