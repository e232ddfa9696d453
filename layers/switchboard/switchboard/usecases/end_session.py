"""End a session: hang up its call, close the follow, keep the record."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from switchboard.domain.ports import Clock, Sessions, SidebandCommands
from switchboard.domain.principal import Principal
from switchboard.usecases.payload import Answer, Request, SessionId


class EndSession(Request):
    """Names the session."""

    session_id: SessionId


class SessionEndedAnswer(Answer):
    """The session is over since `ended_at`."""

    session_id: str
    status: Literal["ended"] = "ended"
    ended_at: datetime


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    sideband: SidebandCommands
    clock: Clock


def end_session(request: EndSession, principal: Principal, deps: Deps) -> SessionEndedAnswer:
    """Return when the session ended. Ending it again changes nothing, and repeats the hint to hang up."""
    seen = deps.sessions.get(request.session_id, principal.owner)
    session = seen.end(deps.clock())
    if session is not seen:
        session = deps.sessions.save(session)
    deps.sideband.end(session)
    return SessionEndedAnswer(session_id=session.id, ended_at=session.ended_at or session.updated_at)
