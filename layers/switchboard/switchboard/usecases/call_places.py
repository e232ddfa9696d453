"""What a session's calls hold of those that may live at once, through its life."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from switchboard.domain.call import Call
from switchboard.domain.errors import SwitchboardError
from switchboard.domain.places import Coming, Leaving
from switchboard.domain.ports.calls import Calls
from switchboard.domain.session import Session


class HasCalls(Protocol):
    """Where the session's calls are."""

    calls: Calls


class HasPlaces(HasCalls, Protocol):
    """And their places."""

    @property
    def places(self) -> Leaving:
        """Return whoever gives them back."""


def live_call(session: Session, deps: HasCalls) -> Call | None:
    """Return the session's current call, if it is not over."""
    call = deps.calls.find(session.id, session.call_generation) if session.call_id else None
    return call if call and call.status != "closed" else None


def coming(session: Session, network: str | None, deps: HasCalls) -> Coming:
    """Return what the session's next call is to hold: the same as its present one."""
    now = live_call(session, deps)
    kept = now.places if now else ()
    return Coming(session.owner, network, session.id, session.generation + 1, kept)


def give_up_places(session: Session, deps: HasPlaces) -> None:
    """Give back what the session's current call holds: the session is over, and the call about to be.

    If that fails, the host that ends the call does it.
    """
    with suppress(SwitchboardError):
        call = live_call(session, deps)
        if call:
            deps.places.leave(call.places, session.id, call.generation)
