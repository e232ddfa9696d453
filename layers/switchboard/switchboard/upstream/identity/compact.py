"""Tokens in their compact form: taken apart, and signed and checked with a secret of ours.

Our own HS256, because PyJWT brings all of `cryptography` along, for which a guest's request would wait.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, digest
from json import dumps, loads
from typing import Any

from switchboard.domain import limits
from switchboard.upstream.identity.refused import Refused

COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Compact:
    """A token taken apart; nothing of it is believed yet."""

    algorithm: str
    key_id: str | None
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


def take_apart(token: str) -> Compact:
    """Return the parts of a token. Raise Refused for what is none, or wants extensions we do not know."""
    found = COMPACT.fullmatch(token) if len(token) <= limits.TOKEN_CHARS else None
    if not found:
        raise Refused("malformed")
    header, claims = _json(found[1]), _json(found[2])
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not isinstance(key_id, str | None) or "crit" in header:
        raise Refused("malformed")
    return Compact(algorithm, key_id, claims, f"{found[1]}.{found[2]}".encode(), _bytes(found[3]))


def is_signed_with(token: Compact, secret: str) -> bool:
    """Tell whether the signature is HS256's with that secret."""
    return compare_digest(token.signature, digest(secret.encode(), token.signed, sha256))


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """Return the claims as a token, signed with HS256."""
    signed = f"{_text({'alg': 'HS256', 'typ': 'JWT'})}.{_text(claims)}"
    return f"{signed}.{_encoded(digest(secret.encode(), signed.encode(), sha256))}"


def _json(part: str) -> dict[str, Any]:
    try:
        value = loads(_bytes(part))
    except (ValueError, RecursionError):
        raise Refused("malformed") from None
    if not isinstance(value, dict):
        raise Refused("malformed")
    return value


def _bytes(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise Refused("malformed") from None


def _text(value: Mapping[str, Any]) -> str:
    return _encoded(dumps(value, separators=(",", ":")).encode())


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
