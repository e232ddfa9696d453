"""Open a realtime session: mint a client secret, and keep the record that outlives it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Protocol

from pydantic import Field, StringConstraints

from switchboard.domain import limits
from switchboard.domain.ports import Clock, NewId, Realtime, Secrets, Sessions, SidebandCommands
from switchboard.domain.principal import Principal
from switchboard.domain.quota import Quotas
from switchboard.domain.session import Mode, RealtimeConfig, Session
from switchboard.usecases.changing import insist
from switchboard.usecases.payload import Answer, Request, SessionId

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]


class CreateSession(Request):
    """`reset` names a session that this one replaces (a refresh): nothing of it is reused."""

    model: Name | None = None
    voice: Name | None = None
    enable_transcription: bool = True
    instructions: str = Field(default="", max_length=limits.INSTRUCTIONS_CHARS)
    reset: SessionId | None = None
    mode: Literal["direct"] = "direct"


class SessionCreated(Answer):
    """`client_secret` opens one call, until `expires_at`."""

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


class Deps(Protocol):
    """What this use case needs."""

    sessions: Sessions
    secrets: Secrets
    realtime: Realtime
    sideband: SidebandCommands
    quotas: Quotas
    clock: Clock
    new_id: NewId
    settings: Defaults


def create_session(request: CreateSession, principal: Principal, deps: Deps) -> SessionCreated:
    """Return the new session.

    The secret is minted before anything is written: an upstream that refuses leaves no trace here, and does
    not end the session that was to be replaced.
    """
    now = deps.clock()
    if request.reset:
        deps.sessions.get(request.reset, principal.owner)
    session_id = deps.new_id("sess_")
    config = RealtimeConfig(
        model=request.model or deps.settings.realtime_model,
        voice=request.voice or deps.settings.realtime_voice,
        instructions=request.instructions,
        transcription_model=deps.settings.transcription_model if request.enable_transcription else None,
    )
    with deps.quotas.reserved(principal):
        secret = deps.realtime.mint(config, limits.CLIENT_SECRET_SECONDS, principal.safety_identifier)
    session = Session(
        id=session_id,
        owner=principal.owner,
        mode=request.mode,
        model=config.model,
        voice=config.voice,
        transcription=request.enable_transcription,
        base_instructions=request.instructions,
        instructions=request.instructions,
        secret_id=deps.secrets.add(session_id, 1, secret),
        created_at=now,
        updated_at=now,
    )
    replaced = insist(lambda: _store(session, request, principal, deps))
    if replaced:
        deps.sideband.end(replaced)
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


def _store(session: Session, request: CreateSession, principal: Principal, deps: Deps) -> Session | None:
    """Store the session; return the one that it replaces, ended."""
    if request.reset is None:
        deps.sessions.add(session)
        return None
    replaced = deps.sessions.get(request.reset, principal.owner)
    ended = replaced.end(session.created_at, replaced_by=session.id)
    deps.sessions.add(session, None if ended is replaced else ended)
    return ended
