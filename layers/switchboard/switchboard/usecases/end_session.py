"""End a session: hang up its call, close the follow, keep the record."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from switchboard.domain.places import Places
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.sideband import SidebandCommands
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.principal import Principal
from switchboard.domain.session import Session
from switchboard.usecases.call_places import give_up_places
from switchboard.usecases.changing import insist
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
    calls: Calls
    places: Places
    sideband: SidebandCommands
    clock: Clock


def end_session(request: EndSession, principal: Principal, deps: Deps) -> SessionEndedAnswer:
    """Return when the session ended. Ending it again changes nothing, and repeats the hint to hang up."""
    session = insist(lambda: _end(request, principal, deps))
    deps.sideband.end(session)
    give_up_places(session, deps)
    return SessionEndedAnswer(session_id=session.id, ended_at=session.ended_at or session.updated_at)


def _end(request: EndSession, principal: Principal, deps: Deps) -> Session:
    seen = deps.sessions.get(request.session_id, principal.owner)
    session = seen.end(deps.clock())
    return seen if session is seen else deps.sessions.save(session)
