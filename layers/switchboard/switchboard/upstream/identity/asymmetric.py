"""Signatures of issuers: RS256, ES256 and EdDSA, with keys that the issuer publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from switchboard.upstream.identity.compact import Compact
from switchboard.upstream.identity.jwks import Jwks
from switchboard.upstream.identity.refused import Refused

KINDS = {"RS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
"""What a key must be for each algorithm: its type and curve. The token only names which of ours it means."""
RSA_BITS = 2048
"""Shorter keys can be broken."""


def check(token: Compact, jwks: Jwks) -> None:
    """Raise Refused unless the token is signed with the key that it names, which fits its algorithm."""
    fitting = [key for key in jwks.find(token.key_id) if _fits(key, token.algorithm)]
    if len(fitting) != 1:
        raise Refused("unknown_key")
    if not _is_signed(token, fitting[0]):
        raise Refused("bad_signature")


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    kind, curve = KINDS[algorithm]
    return (
        key.get("kty") == kind
        and key.get("alg", algorithm) == algorithm
        and (curve is None or key.get("crv") == curve)
    )


def _is_signed(token: Compact, jwk: Mapping[str, Any]) -> bool:
    from jwt import PyJWK, PyJWTError  # brings `cryptography`: only whoever shows such a token waits for it

    try:
        key = PyJWK(dict(jwk), algorithm=token.algorithm)
        if getattr(key.key, "key_size", RSA_BITS) < RSA_BITS and token.algorithm == "RS256":
            return False
        return bool(key.Algorithm.verify(token.signed, key.key, token.signature))
    except (PyJWTError, ValueError, TypeError):
        return False
