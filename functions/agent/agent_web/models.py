"""What goes in and out of the agent's routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from switchboard.agent import HistoryPage, limits
from switchboard.agent.cost import usd
from switchboard.agent.turn import Turn, TurnStatus

SessionId = Annotated[str, StringConstraints(min_length=1, max_length=limits.SESSION_ID_CHARS)]


class AskQuery(BaseModel):
    """The body of POST /agent/query."""

    model_config = ConfigDict(extra="ignore", strict=True)

    query: Annotated[str, StringConstraints(min_length=1, max_length=limits.QUERY_CHARS)]
    session_id: SessionId


class ReadHistory(BaseModel):
    """The query string of GET and DELETE /agent/history."""

    session_id: SessionId
    limit: Annotated[int, Field(ge=1, le=limits.PAGE_MAX)] = limits.PAGE_DEFAULT
    cursor: str | None = None


class SessionCreated(BaseModel):
    """The answer of POST /agent/session."""

    session_id: str


class Message(BaseModel):
    """One turn as a client sees it."""

    id: str
    query: str
    answer: str
    summary: str
    created_at: datetime
    status: TurnStatus

    @classmethod
    def of(cls, turn: Turn) -> Message:
        """Return the message of a turn."""
        return cls(
            id=turn.id,
            query=turn.query,
            answer=turn.answer,
            summary=turn.summary,
            created_at=turn.created_at,
            status=turn.status,
        )


class Analytics(BaseModel):
    """What a session has taken over its whole life, cleared turns included; means in milliseconds."""

    answers: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float | None
    mean_ms: int | None
    mean_first_token_ms: int | None

    @classmethod
    def of(cls, counters: dict[str, int], *, priced: bool) -> Analytics:
        """Return the analytics of a session's counters."""

        def mean(total: str, number: str) -> int | None:
            return round(counters.get(total, 0) / counters[number]) if counters.get(number) else None

        return cls(
            answers=counters.get("answers", 0),
            input_tokens=counters.get("input_tokens", 0),
            cached_tokens=counters.get("cached_tokens", 0),
            output_tokens=counters.get("output_tokens", 0),
            cost_usd=usd(counters.get("cost_nano_usd", 0)) if priced else None,
            mean_ms=mean("milliseconds", "answers"),
            mean_first_token_ms=mean("first_token_ms", "first_tokens"),
        )


class History(BaseModel):
    """The answer of GET /agent/history: the newest turns, oldest first; `cursor` leads to those before."""

    session_id: str
    turns: int
    messages: list[Message]
    cursor: str | None
    analytics: Analytics

    @classmethod
    def of(cls, page: HistoryPage, *, priced: bool) -> History:
        """Return the answer for a page."""
        counters = dict(page.record.counters)
        return cls(
            session_id=page.record.id,
            turns=counters.get("turns", 0),
            messages=[Message.of(turn) for turn in page.turns],
            cursor=page.cursor,
            analytics=Analytics.of(counters, priced=priced),
        )
