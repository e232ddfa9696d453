"""Show a session and its calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from switchboard.domain.call import Call, CallStatus
from switchboard.domain.ports import Calls, Sessions
from switchboard.domain.principal import Principal
from switchboard.domain.session import Mode, Session, Status
from switchboard.usecases.payload import Answer, Request, SessionId


class GetSession(Request):
    """Names the session."""

    session_id: SessionId


class CallAnswer(Answer):
    """One call: `pending` until a sideband host follows it, `closed` when it is over, and why."""

    call_id: str
    generation: int
    status: CallStatus
    created_at: datetime
    attached_at: datetime | None
    closed_at: datetime | None
    reason: str | None

    @classmethod
    def of(cls, call: Call) -> CallAnswer:
        """Return the answer for a call."""
        return cls(**{name: getattr(call, name) for name in cls.model_fields})


class SessionAnswer(Answer):
    """The record of a session; it never holds a secret."""

    session_id: str
    status: Status
    mode: Mode
    model: str
    voice: str
    enable_transcription: bool
    instructions: str
    generation: int
    call_id: str | None
    calls: list[CallAnswer]
    profile: dict[str, Any] | None
    replaced_by: str | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, session: Session, calls: tuple[Call, ...]) -> SessionAnswer:
        """Return the answer for a session."""
        own = {"session_id", "enable_transcription", "calls"}
        return cls(
            session_id=session.id,
            enable_transcription=session.transcription,
            calls=[CallAnswer.of(call) for call in calls],
            **{name: getattr(session, name) for name in cls.model_fields if name not in own},
        )


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    calls: Calls


def get_session(request: GetSession, principal: Principal, deps: Deps) -> SessionAnswer:
    """Return the session. Another's session looks like no session."""
    session = deps.sessions.get(request.session_id, principal.owner)
    return SessionAnswer.of(session, deps.calls.list(session.id))
