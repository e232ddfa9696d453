"""Why a credential is not believed: one word, which tells its owner what to do and a forger nothing."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "malformed",  # no token at all, or half a cookie
    "algorithm_not_allowed",
    "unknown_key",
    "bad_signature",
    "expired",
    "not_yet_valid",
    "wrong_audience",
    "wrong_issuer",
    "no_subject",
    "revoked",  # the issuer itself does not know it any more
    "credentials_disagree",
    "no_tokens_accepted",
    "wrong_api_key",
    "issuer_unavailable",
]


class Refused(Exception):
    """A token is not good; `reason` says why. Never leaves this package."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
