"""Issue the token with which a front end speaks to the chat of a codex session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from pydantic import Field

from switchboard.domain import chat_limits as limits
from switchboard.domain.agents import Agents
from switchboard.domain.chat_session import ChatSession
from switchboard.domain.chat_token import ChatClaims, ChatToken, Tokens
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.errors import NotFound
from switchboard.domain.ports.chats import ChatKit, ChatSessions, CodexSessions, Journal
from switchboard.domain.ports.sessions import Secrets
from switchboard.domain.ports.surroundings import Clock, Counts, NewId
from switchboard.domain.principal import Principal
from switchboard.domain.quota import Quotas
from switchboard.domain.secret import ClientSecret
from switchboard.usecases.changing import insist
from switchboard.usecases.chat_payload import ChatAnswer
from switchboard.usecases.codex_view import NamesCodexSession, require_verified
from switchboard.usecases.upstream_chat import open_upstream


class ChatTokenIssued(ChatAnswer):
    """`token` opens the chat until `expires_at`; ask again before that, as long as the session lives."""

    token: str = Field(repr=False)
    expires_at: datetime


class Deps(Protocol):
    """What this use case needs."""

    agents: Agents
    codex: CodexSessions
    chats: ChatSessions
    chatkit: ChatKit
    secrets: Secrets
    tokens: Tokens
    quotas: Quotas
    metrics: Counts
    journal: Journal
    clock: Clock
    new_id: NewId


def issue_chat_token(request: NamesCodexSession, principal: Principal, deps: Deps) -> ChatTokenIssued:
    """Return a token: a JWT of ours, or in hosted mode the client secret of the upstream's session.

    Raise NotFound for a session that is closed or past its time: its tokens have died with it.
    """
    user = require_verified(principal)
    session = deps.codex.get(request.session_id, user.owner)
    if session.status != "active":
        raise _missing()
    chat = _alive(session.chat_id, user.owner, deps)
    if chat.mode == "hosted":
        token = _kept(chat, deps) or _opened(chat, principal, deps)
    else:
        token = _signed(session, chat, deps)
    deps.metrics.tell("ChatTokensIssued", 1, "Count")
    deps.journal(
        "codex.chatkit.token.issued",
        session_id=session.id,
        chat_session_id=chat.id,
        agent_id=session.agent_id,
        placement=session.placement,
        mode=chat.mode,
        expires_at=token.expires_at.isoformat(),
    )
    return ChatTokenIssued(token=token.value, expires_at=token.expires_at)


def _signed(session: CodexSession, chat: ChatSession, deps: Deps) -> ChatToken:
    now = deps.clock().replace(microsecond=0)
    claims = ChatClaims(
        user=session.owner, session=session.id, agent=session.agent_id, placement=session.placement
    )
    lasts_until = min(now + timedelta(seconds=limits.TOKEN_SECONDS), session.expires_at)
    return deps.tokens.sign(claims, now, lasts_until)


def _kept(chat: ChatSession, deps: Deps) -> ChatToken | None:
    """Return the secret that was handed out before, if there is time left for it to be used."""
    if chat.upstream.seen_at(deps.clock()) != "active" or not chat.upstream.secret_id:
        return None
    try:
        secret = deps.secrets.get(chat.id, chat.upstream.secret_id)
    except NotFound:
        return None
    left = (secret.expires_at - deps.clock()).total_seconds()
    return ChatToken(secret.value, secret.expires_at) if left > limits.TOKEN_LEFT_SECONDS else None


def _opened(chat: ChatSession, principal: Principal, deps: Deps) -> ChatToken:
    """Open a session upstream and keep its secret. Whoever asks at the same time gets ChatBusy."""
    agent = deps.agents.get(chat.agent_id)
    deps.chatkit.require_configured(agent)
    with deps.quotas.reserved(principal):
        opening = insist(lambda: deps.chats.save(_alive(chat.id, chat.owner, deps).opening(deps.clock())))
        saved, opened = open_upstream(
            opening,
            agent,
            deps,
            keep=lambda secret: deps.secrets.add(
                chat.id, 1, ClientSecret(secret.client_secret, secret.expires_at)
            ),
        )
    if saved.status != "active":  # closed while it was being opened
        raise _missing()
    return ChatToken(opened.client_secret, opened.expires_at)


def _alive(chat_id: str, owner: str, deps: Deps) -> ChatSession:
    chat = deps.chats.get(chat_id, owner)
    if chat.seen_at(deps.clock()).status != "active":
        raise _missing()
    return chat


def _missing() -> NotFound:
    return NotFound("There is no such session.")
