"""Tell a session which call is current, and have the sideband follow it."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.call import Call
from switchboard.domain.errors import TooManyCalls
from switchboard.domain.places import Places, Slots
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.sessions import Sessions
from switchboard.domain.ports.sideband import SidebandCommands
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.principal import Principal
from switchboard.domain.session import Session
from switchboard.usecases.call_places import coming
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
    calls: Calls
    places: Places
    sideband: SidebandCommands
    clock: Clock


def attach_call(request: AttachCall, principal: Principal, deps: Deps) -> CallAttached:
    """Return the current call. The same call again changes nothing; a new one replaces the old.

    Raise TooManyCalls if it is one too many: it lives already, so the sideband is sent to hang it up.
    """
    session = deps.sessions.get(request.session_id, principal.owner).require_open()
    if session.call_id != request.call_id:
        try:
            with deps.places.held(coming(session, principal.network, deps)) as slots:
                session = insist(lambda: _attach(request, principal, slots, deps))
        except TooManyCalls:
            deps.sideband.follow(insist(lambda: _turn_away(request, principal, deps)))
            raise
    deps.sideband.follow(session)
    return CallAttached(session_id=session.id, call_id=request.call_id, generation=session.call_generation)


def _attach(request: AttachCall, principal: Principal, slots: Slots, deps: Deps) -> Session:
    now = deps.clock()
    seen = deps.sessions.get(request.session_id, principal.owner)
    session = seen.attach(request.call_id, now)
    if session is seen:
        return seen
    call = Call(session.id, session.call_generation, request.call_id, created_at=now, places=slots)
    return deps.sessions.attach(session, call)


def _turn_away(request: AttachCall, principal: Principal, deps: Deps) -> Session:
    """Write down the call as one to be ended: whoever reads it has the session's secrets to do so."""
    now = deps.clock()
    session = deps.sessions.get(request.session_id, principal.owner).turn_away(now)
    call = Call(session.id, session.generation, request.call_id, created_at=now, unwanted=TooManyCalls.code)
    return deps.sessions.attach(session, call)
