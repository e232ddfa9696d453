"""Publish the keys by which anybody can check our chat tokens."""

from __future__ import annotations

from typing import Protocol

from switchboard.domain.chat_token import Tokens
from switchboard.usecases.chat_payload import ChatAnswer, ChatRequest


class GetJwks(ChatRequest):
    """Asks for nothing in particular."""


class Jwk(ChatAnswer):
    """A public key on the curve P-256 (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    alg: str
    use: str
    kid: str


class Jwks(ChatAnswer):
    """The public keys; a token names its own by `kid`."""

    keys: list[Jwk]


class Deps(Protocol):
    """What this use case needs."""

    tokens: Tokens


def get_jwks(request: GetJwks, deps: Deps) -> Jwks:
    """Return the keys, to whoever asks."""
    return Jwks.model_validate(deps.tokens.jwks())
