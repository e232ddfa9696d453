"""Mint a session for a page that has only cookies: GET /api/session."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.principal import Principal
from switchboard.usecases.create_session import Name
from switchboard.usecases.payload import LooseRequest
from switchboard.usecases.ui_session import Deps as UiDeps
from switchboard.usecases.ui_session import UiSession, answer_of, open_ui_session


class MintUserSession(LooseRequest):
    """`model` is one that the caller would rather have."""

    model: Name | None = None


class Deps(UiDeps, Protocol):
    """What this use case needs."""


def mint_user_session(request: MintUserSession, principal: Principal, deps: Deps) -> UiSession:
    """Return the session without its tools: the page brings its own, and must not read ours."""
    session, minted = open_ui_session(principal, request.model, None, None, deps)
    return UiSession.model_validate(answer_of(principal, session, minted, None, deps.settings))
