"""Who calls: an API key or a client secret, read from the request and never shown."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dev.simulator.client_secrets import ClientSecret, ClientSecrets
from dev.simulator.errors import ApiError, invalid_key

_PROTOCOL = "openai-insecure-api-key."


@dataclass(frozen=True, repr=False)
class Credential:
    """A credential that was checked; `secret` is set when it is an `ek_…`."""

    value: str
    secret: ClientSecret | None = None

    def __repr__(self) -> str:
        return f"Credential({fingerprint(self.value)})"


class Gate:
    """Checks credentials. An empty set of keys admits every `sk-…`."""

    def __init__(self, api_keys: tuple[str, ...], secrets: ClientSecrets) -> None:
        self._keys = frozenset(api_keys)
        self._secrets = secrets

    def admit(self, headers: Mapping[str, str], *, allow: Literal["key", "any"] = "key") -> Credential:
        """The caller's credential. Raises ApiError 401."""
        value, by_protocol = _presented(headers)
        if not value:
            raise ApiError(401, "Missing bearer authentication in header", None)
        if value.startswith("ek_") and allow == "any":
            secret = self._secrets.find(value)
            if secret is None:
                raise invalid_key(shown(value))
            return Credential(value, secret)
        if by_protocol or not self._is_key(value):
            raise invalid_key(shown(value))
        return Credential(value)

    def _is_key(self, value: str) -> bool:
        return value in self._keys if self._keys else value.startswith("sk-") and len(value) > len("sk-")


def shown(value: str) -> str:
    """A credential as upstream quotes it in an error: its head and tail."""
    return f"{value[:3]}***{value[-4:]}" if len(value) > 12 else "***"


def fingerprint(value: str) -> str:
    """Tells two credentials apart without telling either: the kind and 8 hex digits of a hash."""
    kind = "secret" if value.startswith("ek_") else "key"
    return f"{kind}:{hashlib.sha256(value.encode()).hexdigest()[:8]}"


def presented(headers: Mapping[str, str]) -> str:
    """The bearer credential of a request, or an empty string."""
    return _presented(headers)[0]


def _presented(headers: Mapping[str, str]) -> tuple[str, bool]:
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip(), False
    for protocol in headers.get("Sec-WebSocket-Protocol", "").split(","):
        if protocol.strip().startswith(_PROTOCOL):
            return protocol.strip()[len(_PROTOCOL) :], True
    return "", False
