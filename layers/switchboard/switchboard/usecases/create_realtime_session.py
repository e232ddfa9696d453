"""Open a session for a server's own front end: POST /realtime/sessions."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from switchboard.domain import limits
from switchboard.domain.principal import Principal
from switchboard.usecases.create_session import Name
from switchboard.usecases.payload import LooseRequest
from switchboard.usecases.ui_session import Deps as UiDeps
from switchboard.usecases.ui_session import GuestProfile, UiSession, answer_of, open_ui_session


class CreateRealtimeSession(LooseRequest):
    """`supabase_access_token` says who asks, where no header can; `guest_profile` is for guests alone."""

    model: Name | None = None
    voice: Name | None = None
    supabase_access_token: str | None = Field(default=None, max_length=limits.TOKEN_CHARS, repr=False)
    guest_profile: GuestProfile | None = None


class Deps(UiDeps, Protocol):
    """What this use case needs."""


def create_realtime_session(request: CreateRealtimeSession, principal: Principal, deps: Deps) -> UiSession:
    """Return the session with its tools: all of them for users and services, those for guests for guests."""
    profile = request.guest_profile
    session, minted = open_ui_session(principal, request.model, request.voice, profile, deps)
    fields = answer_of(principal, session, minted, profile, deps.settings)
    return UiSession.model_validate({**fields, "tools": session.tools})
