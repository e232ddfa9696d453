"""Renew a session: a new secret for a new call, and instructions that carry the talk so far."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from pydantic import Field

from switchboard.domain.places import Places
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.surroundings import Clock, NewId
from switchboard.domain.ports.workflows import Renewal, Workflows
from switchboard.domain.principal import Principal
from switchboard.domain.quota import Quotas
from switchboard.domain.secret import ClientSecret
from switchboard.domain.session import Session
from switchboard.domain.ticket import Ticket, Tickets, issue
from switchboard.usecases.call_places import live_call
from switchboard.usecases.payload import Answer, Request, SessionId


class RenewSession(Request):
    """Names the session."""

    session_id: SessionId


class SessionRenewed(Answer):
    """`call_id` is the call that goes on until a new one is attached.

    `restored` says what the new call will know of the talk so far: all of it (`full`), the recent part and a
    summary of the rest (`digest`), or nothing (`none`).
    """

    session_id: str
    client_secret: str = Field(repr=False)
    expires_at: datetime
    instructions: str
    call_id: str | None
    restored: Literal["full", "digest", "none"]


class Defaults(Protocol):
    """What is configured of tickets."""

    ticket_calls: int


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    secrets: Secrets
    calls: Calls
    places: Places
    workflows: Workflows
    quotas: Quotas
    tickets: Tickets
    clock: Clock
    new_id: NewId
    settings: Defaults


def renew_session(request: RenewSession, principal: Principal, deps: Deps) -> SessionRenewed:
    """Return the new secret. The workflow hands over its id; only here is it read."""
    session = deps.sessions.get(request.session_id, principal.owner).require_open()
    if not live_call(session, deps):  # one that lives keeps its places for the next
        deps.places.require(principal.owner, principal.network)
    with deps.quotas.reserved(principal):
        renewal = deps.workflows.renew(request.session_id)
    session = deps.sessions.get(request.session_id, principal.owner).require_open()
    secret = _secret(session, renewal, principal, deps)
    return SessionRenewed(
        session_id=session.id,
        client_secret=secret.value,
        expires_at=secret.expires_at,
        instructions=session.instructions,
        call_id=session.call_id,
        restored=renewal.restored,
    )


def _secret(session: Session, renewal: Renewal, principal: Principal, deps: Deps) -> ClientSecret | Ticket:
    """Return what opens the new call: the secret that the workflow has minted, or a ticket."""
    if session.mode == "direct":
        return deps.secrets.get(session.id, renewal.secret_id)
    ticket = issue(session, principal.network, deps.settings.ticket_calls, deps.clock(), deps.new_id)
    deps.tickets.add(ticket)
    return ticket
