"""API keys, HS256 tokens and signed guests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import jwt
from jwt.types import Options

from switchboard.domain import limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import Unauthorized
from switchboard.domain.network import hashed, prefix_of
from switchboard.domain.ports import Clock, NewId
from switchboard.domain.principal import Guest, Principal, Service, User

GUEST_AUDIENCE = "switchboard-guest"
OPTIONS: Options = {
    "require": ["exp", "sub"],
    "verify_exp": False,  # this and the next two are checked here, by our own clock
    "verify_nbf": False,
    "verify_iat": False,
}
FAR = 10**12
"""Seconds since 1970 that nobody means: thirty thousand years."""
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
        guest = self._guest(credentials.guest) if credentials.guest is not None else None
        return self._placed(guest or Guest(self._new_id("gst_"), fresh=True), credentials.address)

    def guest_token(self, guest: Guest) -> str:
        """Return the token by which this guest is known again."""
        now = self._clock()
        expires = now + timedelta(days=limits.GUEST_DAYS)
        claims = {"sub": guest.id, "aud": GUEST_AUDIENCE, "iat": now, "exp": expires}
        return jwt.encode(claims, self._guest_secret(), algorithm="HS256")

    def _placed(self, guest: Guest, address: str) -> Guest:
        """Return the guest with the network that they ask from."""
        if not address:
            return guest
        return replace(guest, network=hashed(prefix_of(address), self._guest_secret()))

    def _service(self, shown: str) -> Service:
        key = self._api_key()
        if not key or not compare_digest(shown.encode(errors="surrogatepass"), key.encode()):
            raise Unauthorized("The API key is not valid.")
        return Service("backend")

    def _user(self, token: str) -> User:
        secret = self._jwt_secret()
        if not secret:
            raise Unauthorized("This deployment accepts no tokens.")
        claims = _claims(token, secret, self._audience, self._issuer, self._clock())
        if claims is None or claims.get("aud") == GUEST_AUDIENCE:
            raise Unauthorized("The token is not valid, or has expired.")
        email = claims.get("email")
        return User(claims["sub"], email=email if isinstance(email, str) else None)

    def _guest(self, token: str) -> Guest | None:
        claims = _claims(token, self._guest_secret(), GUEST_AUDIENCE, None, self._clock())
        return Guest(claims["sub"]) if claims else None


def _claims(
    token: str, secret: str, audience: str | None, issuer: str | None, now: datetime
) -> dict[str, Any] | None:
    """Return the claims of a good token: signed with HS256, in its time, for us, with a subject."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=audience,
            issuer=issuer,
            options={**OPTIONS, "verify_aud": audience is not None},
        )
        size = len(claims["sub"].encode())  # a lone surrogate cannot be a key
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
        return None
    return claims if 0 < size <= limits.SUBJECT_BYTES and _is_in_time(claims, now.timestamp()) else None


def _is_in_time(claims: dict[str, Any], now: float) -> bool:
    """Tell whether the token is good now, by our own clock; a time that is no number is no time."""
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if claims.get(name) is not None}
    if not all(type(time) in (int, float) and abs(time) < FAR for time in times.values()):
        return False
    leeway = limits.CLOCK_LEEWAY_SECONDS
    begun = max(times.get("nbf", 0), times.get("iat", 0)) <= now + leeway
    return begun and bool(times["exp"] > now - leeway)
