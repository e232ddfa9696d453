"""The upstream's realtime API: secrets and calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from switchboard.domain.secret import ClientSecret, Credential
from switchboard.domain.session import RealtimeConfig


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that the upstream has created for an offer, and the SDP answer to it, as it came."""

    call_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class MintedSession:
    """A client secret, and the session as the upstream has set it up, in its own words."""

    secret: ClientSecret
    session: Mapping[str, Any] = field(repr=False)


class Realtime(Protocol):
    """The upstream's realtime API."""

    def mint_session(self, config: RealtimeConfig, seconds: int, safety_identifier: str) -> MintedSession:
        """Return a fresh client secret and the session that it opens. Raise an UpstreamError."""

    def mint(self, config: RealtimeConfig, seconds: int, safety_identifier: str) -> ClientSecret:
        """Return a fresh client secret. Raise an UpstreamError."""

    def place(self, offer: str, config: RealtimeConfig, safety_identifier: str) -> Placed:
        """Create a call for that SDP offer with our own key, which alone may attach to it. Never repeated.

        Raise an UpstreamError; after UpstreamUnavailable there may be a call that nobody knows, which the
        upstream ends as nobody speaks on it.
        """

    def hang_up(self, call_id: str, credential: Credential | None = None) -> None:
        """End the call, with our own key unless another is given; one that is over is fine.

        Raise an UpstreamError.
        """
