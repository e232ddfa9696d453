"""Users' tokens of every kind: good ones as Supabase signs them, and each way of being wrong."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from dev.simulator.errors import BadScript
from dev.simulator.issuer_keys import KeyPair, published_pem
from dev.simulator.wire import Json

HOUR = 3600


@dataclass(frozen=True)
class Wanted:
    """Whose token it is to be, and how it is to be wrong."""

    issuer: str
    subject: str
    email: str | None
    kind: str = "good"
    audience: str = "authenticated"


def claims_of(wanted: Wanted) -> Json:
    """The claims of a good token, as Supabase fills them in."""
    now = int(time.time())
    return {
        "iss": wanted.issuer,
        "sub": wanted.subject,
        "aud": wanted.audience,
        "exp": now + HOUR,
        "iat": now,
        "email": wanted.email or "",
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {"email": wanted.email, "email_verified": True, "sub": wanted.subject},
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": now}],
        "session_id": hashlib.sha256(wanted.subject.encode()).hexdigest()[:32],
        "is_anonymous": False,
    }


def _expired(claims: Json) -> Json:
    return {**claims, "iat": claims["iat"] - 2 * HOUR, "exp": claims["iat"] - HOUR}


CLAIMS: dict[str, Callable[[Json], Json]] = {
    "good": lambda claims: claims,
    "expired": _expired,
    "not_yet_valid": lambda claims: {**claims, "nbf": claims["iat"] + HOUR},
    "wrong_issuer": lambda claims: {**claims, "iss": "https://evil.example.com/auth/v1"},
    "wrong_audience": lambda claims: {**claims, "aud": "others"},
    "no_expiry": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "no_subject": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
    "anonymous": lambda claims: {**claims, "is_anonymous": True, "email": "", "user_metadata": {}},
    "unverified": lambda claims: {**claims, "user_metadata": {"email_verified": False}},
    "verified": lambda claims: {**claims, "email_verified": True},
    "service_role": lambda claims: {"iss": "supabase", "role": "service_role", "exp": claims["exp"]},
}
"""Kinds that are signed well and differ in what they say."""


def signed(wanted: Wanted, key: KeyPair, stranger: KeyPair, secret: str | None) -> str:
    """A token of the wanted kind, with `key`, the published one. Raises BadScript for an unknown kind."""
    claims = claims_of(wanted)
    header = {"alg": key.algorithm, "typ": "JWT", "kid": key.key_id}
    match wanted.kind:
        case kind if kind in CLAIMS:
            return compact(header, CLAIMS[kind](claims), key.sign)
        case "no_key_id":
            return compact({"alg": key.algorithm, "typ": "JWT"}, claims, key.sign)
        case "unknown_key_id":
            return compact({**header, "kid": stranger.key_id}, claims, stranger.sign)
        case "forged":
            return compact(header, claims, stranger.sign)
        case "own_key":
            return compact({**header, "jwk": stranger.public()}, claims, stranger.sign)
        case "unsigned":
            return compact({"alg": "none", "typ": "JWT"}, claims, lambda _: b"")
        case "hs256_with_public_key":
            return compact({**header, "alg": "HS256"}, claims, _hs256(published_pem(key)))
        case "tampered":
            head, _, tail = compact(header, claims, key.sign).split(".")
            return f"{head}.{encoded({**claims, 'sub': 'somebody-else'})}.{tail}"
        case "hs256" if secret:
            return compact({"alg": "HS256", "typ": "JWT"}, claims, _hs256(secret.encode()))
        case "garbage":
            return "this.is-no.token"
    raise BadScript(f"no kind of token {wanted.kind!r}")


def compact(header: Json, claims: Json, sign: Callable[[bytes], bytes]) -> str:
    """The token in its compact form."""
    head = f"{encoded(header)}.{encoded(claims)}"
    return f"{head}.{base64.urlsafe_b64encode(sign(head.encode())).decode().rstrip('=')}"


def encoded(value: Json) -> str:
    """One part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda text: hmac.digest(secret, text, "sha256")
