"""Values that must not be seen: they cannot print themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, repr=False)
class ClientSecret:
    """The short-lived key (`ek_…`) with which a browser opens one upstream session."""

    value: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"ClientSecret(expires_at={self.expires_at.isoformat()})"


@dataclass(frozen=True, slots=True, repr=False)
class ApiKey:
    """A long-lived key of ours."""

    value: str

    def __repr__(self) -> str:
        return "ApiKey(…)"


Credential = ClientSecret | ApiKey
"""What may authorise a request upstream."""
