"""Believes our own chat tokens: the algorithm, the keys, the audience and the issuer are ours to choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt

from switchboard.domain import chat_limits as limits
from switchboard.domain.chat_token import AUDIENCE, ChatClaims
from switchboard.domain.errors import Unauthorized
from switchboard.domain.ports.surroundings import Clock

CLAIMS = ("user", "session", "agent", "placement")


class JwtReader:
    """Checks tokens against our public keys, which are read once."""

    def __init__(self, jwks: Callable[[], dict[str, Any]], issuer: str, clock: Clock) -> None:
        self._jwks = jwks
        self._issuer = issuer
        self._clock = clock

    def read(self, token: str) -> ChatClaims:
        """Return what a good token claims. Raise Unauthorized."""
        if len(token) > limits.TOKEN_CHARS:
            raise _bad()
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = next((key for key in self._jwks()["keys"] if key["kid"] == kid), None)
            if key is None:
                raise _bad()
            claims = jwt.decode(
                token,
                jwt.PyJWK(key, "ES256").key,
                algorithms=["ES256"],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": ["exp", "iat", "sub"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, ValueError):
            raise _bad() from None
        if not self._in_time(claims["exp"]) or not all(isinstance(claims.get(name), str) for name in CLAIMS):
            raise _bad()
        return ChatClaims(**{name: claims[name] for name in CLAIMS})

    def _in_time(self, expires_at: Any) -> bool:
        return type(expires_at) is int and expires_at > self._clock().timestamp()


def _bad() -> Unauthorized:
    return Unauthorized("The token is not valid, or has expired.")
