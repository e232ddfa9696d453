"""Client secrets and calls."""

from __future__ import annotations

from datetime import UTC, datetime
from json import dumps
from re import fullmatch
from typing import Any

from switchboard.domain import limits
from switchboard.domain.errors import UpstreamRefused, UpstreamUnavailable
from switchboard.domain.ports.realtime import MintedSession, Placed
from switchboard.domain.secret import ClientSecret, Credential
from switchboard.domain.session import RealtimeConfig
from switchboard.upstream.openai.http import OpenAIHttp

OVER = frozenset({400, 404})
"""Statuses of a hang-up that find no call: it is over, which is all that was asked for."""
SECRET = r"[\x21-\x7e]{1,4096}"
"""What a secret looks like: something that fits into a header."""
CALL_ID = r"rtc_[A-Za-z0-9_-]{1,128}"
"""What a call's id looks like: the same as callers may attach."""


class OpenAIRealtime:
    """The upstream's realtime API."""

    def __init__(self, http: OpenAIHttp) -> None:
        self._http = http

    def mint(self, config: RealtimeConfig, seconds: int, safety_identifier: str) -> ClientSecret:
        """Return a fresh client secret. Raise an UpstreamError."""
        return self.mint_session(config, seconds, safety_identifier).secret

    def mint_session(self, config: RealtimeConfig, seconds: int, safety_identifier: str) -> MintedSession:
        """Return a fresh client secret and the session that it opens. Raise an UpstreamError.

        A try that is repeated may leave a second secret behind, which nobody holds and which expires.
        """
        body = {
            "expires_after": {"anchor": "created_at", "seconds": seconds},
            "session": config.as_session(),
        }
        answer = self._http.post(
            "realtime/client_secrets",
            body,
            limits.MINT_SECONDS,
            headers={"OpenAI-Safety-Identifier": safety_identifier},
        )
        session = answer.get("session")
        return MintedSession(_secret(answer), session if isinstance(session, dict) else {})

    def place(self, offer: str, config: RealtimeConfig, safety_identifier: str) -> Placed:
        """Create a call with our own key; it is tried once. Raise an UpstreamError."""
        parts = {
            "sdp": (offer, "application/sdp"),
            "session": (dumps(config.as_session(), ensure_ascii=False), "application/json"),
        }
        headers = {"OpenAI-Safety-Identifier": safety_identifier}
        answer, location = self._http.post_form("realtime/calls", parts, limits.CALL_SECONDS, headers)
        call_id = location.partition("?")[0].rstrip("/").rpartition("/")[2]
        if not fullmatch(CALL_ID, call_id):
            raise UpstreamUnavailable("OpenAI answered without a call's id.")
        if not answer.startswith("v="):
            self.hang_up(call_id)
            raise UpstreamUnavailable("OpenAI answered without an SDP answer.")
        return Placed(call_id, answer)

    def hang_up(self, call_id: str, credential: Credential | None = None) -> None:
        """End the call, with our own key unless another is given; one that is over is fine."""
        try:
            self._http.post(
                f"realtime/calls/{call_id}/hangup", None, limits.HANGUP_SECONDS, credential=credential
            )
        except UpstreamRefused as error:
            if (error.details or {}).get("upstream_status") not in OVER:
                raise


def _secret(answer: dict[str, Any]) -> ClientSecret:
    value = answer.get("value")
    try:
        expires_at = datetime.fromtimestamp(answer["expires_at"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise UpstreamUnavailable("OpenAI answered without a time of expiry.") from None
    if not isinstance(value, str) or not fullmatch(SECRET, value):
        raise UpstreamUnavailable("OpenAI answered without a secret.")
    return ClientSecret(value, expires_at)
