"""The token by which a front end speaks to a chat session, and what it claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

AUDIENCE = "switchboard-chatkit"
"""Whom our tokens are for: no other token of ours or anybody's is taken for one, nor one of these for it."""


@dataclass(frozen=True, slots=True, repr=False)
class ChatToken:
    """A token: a JWT of ours, or the upstream's client secret."""

    value: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"ChatToken(expires_at={self.expires_at.isoformat()})"


@dataclass(frozen=True, slots=True)
class ChatClaims:
    """What a token says: whose it is, and of which codex session, placement and agent."""

    user: str
    session: str
    agent: str
    placement: str


class Tokens(Protocol):
    """Our tokens: signed with a key that never leaves its keeper, so that anybody can check them by JWKS."""

    def sign(self, claims: ChatClaims, issued_at: datetime, expires_at: datetime) -> ChatToken:
        """Return a token. Raise Throttled."""

    def jwks(self) -> dict[str, Any]:
        """Return the public keys, as RFC 7517 has them. Raise Throttled."""


class TokenReader(Protocol):
    """Believes our own tokens, and no others."""

    def read(self, token: str) -> ChatClaims:
        """Return what a good token claims. Raise Unauthorized."""
