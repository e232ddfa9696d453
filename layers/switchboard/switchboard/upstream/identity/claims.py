"""What a token whose signature is good must say: for us, from whom we trust, in its time, about somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from switchboard.domain import limits
from switchboard.upstream.identity.refused import Refused

FAR = 10**12
"""Seconds since 1970 that nobody means: thirty thousand years."""


def check(claims: Mapping[str, Any], audience: str | None, issuer: str | None, now: datetime) -> str:
    """Return the subject. Raise Refused; an audience or issuer of None accepts any."""
    _check_times(claims, now.timestamp())
    if audience is not None and audience not in _audiences(claims):
        raise Refused("wrong_audience")
    if issuer is not None and claims.get("iss") != issuer:
        raise Refused("wrong_issuer")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < _size(subject) <= limits.SUBJECT_BYTES:
        raise Refused("no_subject")
    return subject


def is_for(claims: Mapping[str, Any], audience: str) -> bool:
    """Tell whether a token names that audience."""
    return audience in _audiences(claims)


def email_verified(claims: Mapping[str, Any]) -> bool | None:
    """Return whether the token says that its e-mail address is verified; None if it says nothing.

    `user_metadata` is the user's own to write: it is believed when it says no, never when it says yes.
    """
    ours = _object(claims.get("app_metadata"))
    theirs = _object(claims.get("user_metadata"))
    said = [claims.get("email_verified"), ours.get("email_verified")]
    if claims.get("is_anonymous") is True or any(
        each is False for each in (*said, theirs.get("email_verified"))
    ):
        return False
    return True if any(each is True for each in said) else None


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    """A time that is no number is no time; our own clock decides."""
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if claims.get(name) is not None}
    if not all(type(time) in (int, float) and abs(time) < FAR for time in times.values()):
        raise Refused("malformed")
    if max(times.get("nbf", 0), times.get("iat", 0)) > now + limits.CLOCK_LEEWAY_SECONDS:
        raise Refused("not_yet_valid")
    if "exp" not in times or times["exp"] <= now - limits.CLOCK_LEEWAY_SECONDS:
        raise Refused("expired")


def _audiences(claims: Mapping[str, Any]) -> list[Any]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _size(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:  # a lone surrogate cannot be a key
        return 0


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
