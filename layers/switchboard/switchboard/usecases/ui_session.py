"""What the two routes of the agents-UI family share: whom they mint for, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from switchboard.domain import limits
from switchboard.domain.instructions import compose
from switchboard.domain.memory import Memories, Relevance
from switchboard.domain.places import Places
from switchboard.domain.ports.realtime import MintedSession, Realtime
from switchboard.domain.ports.sessions import Secrets, Sessions
from switchboard.domain.ports.surroundings import Clock, NewId
from switchboard.domain.principal import Guest, Principal, User
from switchboard.domain.quota import Quotas
from switchboard.domain.session import Session
from switchboard.domain.tool import ServerTools
from switchboard.usecases.payload import LooseRequest
from switchboard.usecases.recall import recall

MCP_REMINDER = (
    "Tools of connected MCP servers may be available to you. Use them for what they can do instead of "
    "guessing; say in a few words what you are about to do, and never read out ids, tokens or addresses."
)
SHOWN = (
    *("id", "object", "type", "model", "instructions", "output_modalities", "audio", "tool_choice"),
    *("parallel_tool_calls", "max_output_tokens", "truncation", "include", "expires_at"),
)
"""What of the upstream's session a browser gets to see; whatever else the upstream may add stays here."""


class GuestProfile(LooseRequest):
    """What a guest is told to be: `label` is shown to people, `instructions` are told to the model."""

    label: str | None = Field(default=None, max_length=limits.GUEST_LABEL_CHARS)
    instructions: str | None = Field(default=None, max_length=limits.INSTRUCTIONS_CHARS // 2)


class SecretAnswer(BaseModel):
    """The client secret, and when it expires in seconds since 1970."""

    value: str = Field(repr=False)
    expires_at: int


class UserAnswer(BaseModel):
    """Who the user is."""

    id: str
    email: str | None


class GuestProfileAnswer(BaseModel):
    """What the guest's session is like."""

    label: str
    instructions: str


class DexterSession(BaseModel):
    """Whom the session is for. `refused` says why a token that was shown did not make a user of a guest.

    `session_id` is our record: calls are attached to it, and logs may name it.
    """

    type: Literal["user", "guest"]
    session_id: str
    user: UserAnswer | None = None
    guest_profile: GuestProfileAnswer | None = None
    refused: str | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in whole(self).items() if value is not None}


class UiSession(BaseModel):
    """The upstream's session as a browser gets it: flat, without what is none of its business."""

    model_config = ConfigDict(extra="allow")

    client_secret: SecretAnswer
    model: str
    voice: str
    instructions: str
    dexter_session: DexterSession
    has_tools: bool = Field(exclude=True)

    def facts(self) -> dict[str, Any]:
        """Return what a log line may tell of it."""
        return {"id": (self.model_extra or {}).get("id"), "model": self.model, "hasTools": self.has_tools}


class Defaults(Protocol):
    """What a session is when the caller does not say."""

    realtime_model: str
    realtime_voice: str
    transcription_model: str
    client_secret_seconds: int
    voice_instructions: str
    guest_instructions: str
    guest_label: str
    realtime_tools: Sequence[Mapping[str, Any]]
    guest_tools: Sequence[str]


class Deps(Protocol):
    """What both routes need."""

    sessions: Sessions
    secrets: Secrets
    realtime: Realtime
    quotas: Quotas
    places: Places
    memories: Memories
    relevance: Relevance
    server_tools: ServerTools
    clock: Clock
    new_id: NewId
    settings: Defaults


def open_ui_session(
    principal: Principal, model: str | None, voice: str | None, profile: GuestProfile | None, deps: Deps
) -> tuple[Session, MintedSession]:
    """Return a new session of the principal's, and what the upstream has made of it.

    A user's instructions are the agent's, with what is known of the user; a guest's are those of the demo,
    and what a guest profile adds stands behind them: it cannot take their place.
    """
    now = deps.clock()
    deps.places.require(principal.owner, principal.network)
    base = f"{_base(principal, profile, deps.settings)}\n\n{MCP_REMINDER}"
    known = recall(principal.owner, base, deps)
    session = Session(
        id=deps.new_id("sess_"),
        owner=principal.owner,
        mode="direct",
        model=model or deps.settings.realtime_model,
        voice=voice or deps.settings.realtime_voice,
        transcription=True,
        base_instructions=base,
        instructions=compose(base, known.profile, memories=known.texts),
        tools=_tools(principal, deps.settings),
        granted=deps.server_tools.granted(principal),
        secret_id="",
        created_at=now,
        updated_at=now,
    )
    config = session.config(deps.settings.transcription_model)
    with deps.quotas.reserved(principal):
        seconds = deps.settings.client_secret_seconds
        minted = deps.realtime.mint_session(config, seconds, principal.safety_identifier)
    session = replace(session, secret_id=deps.secrets.add(session.id, 1, minted.secret))
    deps.sessions.add(session)
    return session, minted


def answer_of(
    principal: Principal,
    session: Session,
    minted: MintedSession,
    profile: GuestProfile | None,
    settings: Defaults,
) -> dict[str, Any]:
    """Return the fields of the answer; whether `tools` are among them is each route's own affair."""
    shown = {name: minted.session[name] for name in SHOWN if name in minted.session}
    return {
        **shown,
        "client_secret": {
            "value": minted.secret.value,
            "expires_at": int(minted.secret.expires_at.timestamp()),
        },
        "model": session.model,
        "voice": session.voice,
        "instructions": session.instructions,
        "has_tools": bool(session.tools or session.granted),
        "dexter_session": _dexter_session(principal, session, profile, settings),
    }


def _dexter_session(
    principal: Principal, session: Session, profile: GuestProfile | None, settings: Defaults
) -> dict[str, Any]:
    if not isinstance(principal, Guest):
        email = principal.email if isinstance(principal, User) else None
        user = {"id": principal.id, "email": email}
        return {"type": "user", "session_id": session.id, "user": user}
    label = (profile.label if profile else None) or settings.guest_label
    guest = {"label": label, "instructions": _base(principal, profile, settings)}
    return {
        "type": "guest",
        "session_id": session.id,
        "guest_profile": guest,
        "refused": principal.refused,
    }


def _base(principal: Principal, profile: GuestProfile | None, settings: Defaults) -> str:
    if not isinstance(principal, Guest):
        return settings.voice_instructions
    added = profile.instructions if profile else None
    return f"{settings.guest_instructions}\n\n{added}" if added else settings.guest_instructions


def _tools(principal: Principal, settings: Defaults) -> list[dict[str, Any]]:
    """Return the tools that a principal may have: a guest only those that are named for guests."""
    if not isinstance(principal, Guest):
        return [dict(tool) for tool in settings.realtime_tools]
    allowed = set(settings.guest_tools)
    return [dict(tool) for tool in settings.realtime_tools if _name(tool) in allowed]


def _name(tool: Mapping[str, Any]) -> str:
    return str(tool.get("name") or tool.get("server_label") or "")
