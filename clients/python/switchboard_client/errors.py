"""What can go wrong: the server's errors by their code, and a network that does not carry."""

from __future__ import annotations

from typing import Any

import httpx

HEALING = frozenset(
    {
        *("network_error", "token_failed", "throttled", "session_changed", "ticket_spent"),
        *("too_many_calls", "too_many_viewers", "chat_session_busy"),
    }
)
"""May succeed later whatever their status; so may every 5xx and every 429 but these:"""
FINAL = frozenset({"quota_exceeded", "upstream_refused", "unreadable_history", "chatkit_not_configured"})
REFUSED = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})
"""Statuses by which the server refuses to begin."""


class SwitchboardError(Exception):
    """An error of the server, or `network_error`, `unexpected_answer`, `timeout`, or `token_failed`.

    Attributes:
        code: a stable word to decide by.
        retry_after: seconds after which a repeat may succeed, where the server says so.
    """

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status: int | None = facts.get("status")
        self.request_id: str | None = facts.get("request_id")
        self.retry_after: float | None = facts.get("retry_after")
        self.details: dict[str, Any] = facts.get("details") or {}

    @property
    def may_heal(self) -> bool:
        """True if the same request may succeed later."""
        status = self.status or 0
        failed = httpx.codes.is_server_error(status) or status == httpx.codes.TOO_MANY_REQUESTS
        return self.code in HEALING or (failed and self.code not in FINAL)

    @property
    def was_refused(self) -> bool:
        """True if the server refused to begin: nothing was done, and all of it may be asked again."""
        return self.may_heal and self.status in REFUSED


def error_of(answer: httpx.Response) -> SwitchboardError:
    """Return the error that an answer tells of, whatever stands in it."""
    facts: dict[str, Any] = {"status": answer.status_code, "retry_after": _pause(answer)}
    try:
        told = answer.json()["error"]
        known = {name: told[name] for name in ("request_id", "retry_after", "details") if name in told}
        return SwitchboardError(told["code"], told["message"], **{**facts, **known})
    except (ValueError, KeyError, TypeError):
        return SwitchboardError("unexpected_answer", f"The server answered {answer.status_code}.", **facts)


def _pause(answer: httpx.Response) -> float | None:
    """Return the seconds of Retry-After; a date is nothing that a server of ours says."""
    try:
        return float(answer.headers["retry-after"])
    except (KeyError, ValueError):
        return None
