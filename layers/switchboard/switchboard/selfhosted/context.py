"""In whose name a request to the self-hosted server runs."""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.domain.chat_session import ChatSession
from switchboard.domain.chat_token import TokenReader
from switchboard.domain.codex_session import CodexSession
from switchboard.domain.errors import NotFound, Unauthorized
from switchboard.domain.ports.chats import ChatSessions, CodexSessions, Scope
from switchboard.domain.ports.surroundings import Clock


@dataclass(frozen=True, slots=True)
class ChatContext:
    """The session that a token opens; whatever the server does is done within its scope."""

    scope: Scope
    session: CodexSession
    chat: ChatSession


@dataclass(frozen=True, slots=True)
class Door:
    """Lets requests in by their token, as long as the session that it was issued for is open."""

    tokens: TokenReader
    codex: CodexSessions
    chats: ChatSessions
    clock: Clock

    def admit(self, authorization: str) -> ChatContext:
        """Return the context of a request.

        Raise Unauthorized for a token that is not good, NotFound for one whose session is closed or gone.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("Show the chat's token.")
        claims = self.tokens.read(token.strip())
        session = self.codex.get(claims.session, claims.user)
        chat = self.chats.get(session.chat_id, session.owner)
        if session.status != "active" or chat.seen_at(self.clock()).status != "active":
            raise NotFound("There is no such session.")
        return ChatContext(Scope(session.owner, session.placement), session, chat)
