"""Tell a session which call is current, and have the sideband follow it."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.call import Call
from switchboard.domain.ports import Clock, Sessions, SidebandCommands
from switchboard.domain.principal import Principal
from switchboard.domain.session import Session
from switchboard.usecases.changing import insist
from switchboard.usecases.payload import Answer, CallId, Request, SessionId


class AttachCall(Request):
    """`call_id` is the last part of the upstream's `Location` header."""

    session_id: SessionId
    call_id: CallId


class CallAttached(Answer):
    """`generation` grows with every new call or secret of the session."""

    session_id: str
    call_id: str
    generation: int


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    sideband: SidebandCommands
    clock: Clock


def attach_call(request: AttachCall, principal: Principal, deps: Deps) -> CallAttached:
    """Return the current call. The same call again changes nothing; a new one replaces the old."""
    session = insist(lambda: _attach(request, principal, deps))
    deps.sideband.follow(session)
    return CallAttached(session_id=session.id, call_id=request.call_id, generation=session.call_generation)


def _attach(request: AttachCall, principal: Principal, deps: Deps) -> Session:
    now = deps.clock()
    seen = deps.sessions.get(request.session_id, principal.owner)
    session = seen.attach(request.call_id, now)
    if session is seen:
        return seen
    call = Call(session.id, session.call_generation, request.call_id, created_at=now)
    return deps.sessions.attach(session, call)
