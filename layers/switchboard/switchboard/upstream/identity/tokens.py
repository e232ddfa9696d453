"""API keys, HS256 tokens and signed guests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hmac import compare_digest
from typing import Any

import jwt

from switchboard.domain import limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import Unauthorized
from switchboard.domain.ports import Clock, NewId
from switchboard.domain.principal import Guest, Principal, Service, User

GUEST_AUDIENCE = "switchboard-guest"
SecretValue = Callable[[], str | None]
"""Return a configured secret; None if there is none. Called only when it is needed."""


class TokenIdentity:
    """Resolves credentials with our own secrets; algorithms, audience and issuer are ours to choose."""

    def __init__(
        self,
        *,
        api_key: SecretValue,
        jwt_secret: SecretValue,
        guest_secret: Callable[[], str],
        audience: str | None,
        issuer: str | None,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._api_key = api_key
        self._jwt_secret = jwt_secret
        self._guest_secret = guest_secret
        self._audience = audience
        self._issuer = issuer
        self._clock = clock
        self._new_id = new_id

    def resolve(self, credentials: Credentials) -> Principal:
        """Return who asks. Raise Unauthorized for an API key or token that is not good."""
        if credentials.api_key is not None:
            return self._service(credentials.api_key)
        if credentials.bearer is not None:
            return self._user(credentials.bearer)
        if credentials.guest is not None and (guest := self._guest(credentials.guest)):
            return guest
        return Guest(self._new_id("gst_"), fresh=True)

    def guest_token(self, guest: Guest) -> str:
        """Return the token by which this guest is known again."""
        now = self._clock()
        expires = now + timedelta(days=limits.GUEST_DAYS)
        claims = {"sub": guest.id, "aud": GUEST_AUDIENCE, "iat": now, "exp": expires}
        return jwt.encode(claims, self._guest_secret(), algorithm="HS256")

    def _service(self, shown: str) -> Service:
        key = self._api_key()
        if not key or not compare_digest(shown.encode(), key.encode()):
            raise Unauthorized("The API key is not valid.")
        return Service("backend")

    def _user(self, token: str) -> User:
        secret = self._jwt_secret()
        if not secret:
            raise Unauthorized("This deployment accepts no tokens.")
        claims = _claims(token, secret, self._audience, self._issuer)
        if claims is None:
            raise Unauthorized("The token is not valid, or has expired.")
        email = claims.get("email")
        return User(claims["sub"], email=email if isinstance(email, str) else None)

    def _guest(self, token: str) -> Guest | None:
        claims = _claims(token, self._guest_secret(), GUEST_AUDIENCE, None)
        return Guest(claims["sub"]) if claims else None


def _claims(token: str, secret: str, audience: str | None, issuer: str | None) -> dict[str, Any] | None:
    """Return the claims of a good token: signed with HS256, in its time, for us, with a subject."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=audience,
            issuer=issuer,
            leeway=limits.CLOCK_LEEWAY_SECONDS,
            options={"require": ["exp", "sub"], "verify_aud": audience is not None},
        )
    except (jwt.InvalidTokenError, ValueError):
        return None
    return claims if 0 < len(claims["sub"]) <= limits.SUBJECT_CHARS else None
