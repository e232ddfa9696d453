"""Open a realtime session: mint a client secret, and keep the record that outlives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Protocol

from pydantic import Field

from switchboard.domain import limits
from switchboard.domain.errors import SwitchboardError, UpstreamRefused, wrong
from switchboard.domain.instructions import compose
from switchboard.domain.memory import Memories, Relevance
from switchboard.domain.places import Places
from switchboard.domain.ports.calls import Calls
from switchboard.domain.ports.realtime import Realtime
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.sideband import SidebandCommands
from switchboard.domain.ports.surroundings import Clock, NewId
from switchboard.domain.principal import Principal
from switchboard.domain.quota import Quotas
from switchboard.domain.secret import ClientSecret
from switchboard.domain.session import Mode, Session
from switchboard.domain.ticket import Ticket, Tickets, issue
from switchboard.domain.tool import ServerTools, names_of
from switchboard.usecases.call_places import give_up_places
from switchboard.usecases.changing import insist
from switchboard.usecases.payload import NAME, Answer, Request, SessionId, Shape
from switchboard.usecases.recall import Recalled, recall
from switchboard.usecases.tools import Tools, as_json

Name = Annotated[str, Shape(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", NAME)]

CALLERS = {"model": "session.model", "voice": "session.audio.output.voice", "tools": "session.tools"}
"""What the caller gives, and what the upstream calls it when it does not like it."""


class CreateSession(Request):
    """`reset` names a session that this one replaces (a refresh): nothing of it is reused.

    With the mode `relay` the answer's secret is a ticket for `POST /realtime/calls`. `tools` are those that
    the model may call and the browser carries out; left out, the browser may bring its own.
    """

    model: Name | None = None
    voice: Name | None = None
    enable_transcription: bool = True
    instructions: str = Field(default="", max_length=limits.INSTRUCTIONS_CHARS)
    reset: SessionId | None = None
    mode: Mode = "direct"
    tools: Tools | None = None


class SessionCreated(Answer):
    """`client_secret` opens one call, until `expires_at`: at the upstream, or at our relay."""

    session_id: str
    client_secret: str = Field(repr=False)
    expires_at: datetime
    call_id: str | None
    mode: Mode
    model: str
    voice: str
    instructions: str


class Defaults(Protocol):
    """What a session is when the caller does not say."""

    realtime_model: str
    realtime_voice: str
    transcription_model: str
    client_secret_seconds: int
    ticket_calls: int


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    secrets: Secrets
    calls: Calls
    places: Places
    realtime: Realtime
    sideband: SidebandCommands
    quotas: Quotas
    memories: Memories
    relevance: Relevance
    tickets: Tickets
    server_tools: ServerTools
    clock: Clock
    new_id: NewId
    settings: Defaults


def create_session(request: CreateSession, principal: Principal, deps: Deps) -> SessionCreated:
    """Return the new session.

    The secret is minted before anything is written: an upstream that refuses leaves no trace here, and does
    not end the session that was to be replaced. Whoever has as many calls as may live at once gets none.
    """
    now = deps.clock()
    granted = deps.server_tools.granted(principal)
    _require_other_names(request, granted)
    if request.reset:
        deps.sessions.get(request.reset, principal.owner)
    deps.places.require(principal.owner, principal.network, {request.reset} if request.reset else ())
    known = Recalled() if request.reset else recall(principal.owner, request.instructions, deps)
    session_id = deps.new_id("sess_")
    session = Session(
        id=session_id,
        owner=principal.owner,
        mode=request.mode,
        model=request.model or deps.settings.realtime_model,
        voice=request.voice or deps.settings.realtime_voice,
        transcription=request.enable_transcription,
        base_instructions=request.instructions,
        instructions=compose(request.instructions, known.profile, memories=known.texts),
        tools=None if request.tools is None else as_json(request.tools),
        granted=granted,
        secret_id="",
        created_at=now,
        updated_at=now,
    )
    with deps.quotas.reserved(principal):
        session, secret = _with_secret(session, request, principal, deps)
    replaced = insist(lambda: _store(session, request, principal, deps))
    if replaced:
        deps.sideband.end(replaced)
        give_up_places(replaced, deps)
    return SessionCreated(
        session_id=session.id,
        client_secret=secret.value,
        expires_at=secret.expires_at,
        call_id=session.call_id,
        mode=session.mode,
        model=session.model,
        voice=session.voice,
        instructions=session.instructions,
    )


def _require_other_names(request: CreateSession, granted: list[dict[str, Any]] | None) -> None:
    """Raise InvalidRequest if the browser is to carry out what our hosts do."""
    if granted and names_of(granted) & {tool.name for tool in request.tools or ()}:
        raise wrong("tools", "has the name of a tool that the server runs")


def _with_secret(
    session: Session, request: CreateSession, principal: Principal, deps: Deps
) -> tuple[Session, ClientSecret | Ticket]:
    """Return what opens the first call, and the session that names it."""
    if session.mode == "relay":
        ticket = issue(
            session, principal.network, deps.settings.ticket_calls, session.created_at, deps.new_id
        )
        deps.tickets.add(ticket)
        return session, ticket
    config = session.config(deps.settings.transcription_model)
    try:
        seconds = deps.settings.client_secret_seconds
        secret = deps.realtime.mint(config, seconds, principal.safety_identifier)
    except UpstreamRefused as error:
        raise _whose(error, request) from error
    return replace(session, secret_id=deps.secrets.add(session.id, 1, secret)), secret


def _whose(error: UpstreamRefused, request: CreateSession) -> SwitchboardError:
    """Return the caller's own mistake, if what the upstream does not like is what the caller gave."""
    blamed = (error.details or {}).get("upstream_param", "")
    for field, param in CALLERS.items():
        if blamed.startswith(param) and getattr(request, field) is not None:
            return wrong(field, "is not accepted by OpenAI")
    return error


def _store(session: Session, request: CreateSession, principal: Principal, deps: Deps) -> Session | None:
    """Store the session; return the one that it replaces, ended."""
    if request.reset is None:
        deps.sessions.add(session)
        return None
    replaced = deps.sessions.get(request.reset, principal.owner)
    ended = replaced.end(session.created_at, replaced_by=session.id)
    deps.sessions.add(session, None if ended is replaced else ended)
    return ended
