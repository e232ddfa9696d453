"""What can go wrong: the server's errors by their code, and a network that does not carry."""

from __future__ import annotations

from typing import Any

import httpx

HEALING = frozenset(
    {
        *("network_error", "throttled", "session_changed", "upstream_busy", "upstream_unavailable"),
        *("issuer_unavailable", "timeout", "too_many_calls", "too_many_viewers"),
    }
)


class SwitchboardError(Exception):
    """An error of the server, or `network_error`, or `unexpected_answer`.

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
        return self.code in HEALING


def error_of(answer: httpx.Response) -> SwitchboardError:
    """Return the error that an answer tells of, whatever stands in it."""
    try:
        told = answer.json()["error"]
        return SwitchboardError(told["code"], told["message"], status=answer.status_code, **_facts(told))
    except (ValueError, KeyError, TypeError):
        message = f"The server answered {answer.status_code}."
        return SwitchboardError("unexpected_answer", message, status=answer.status_code)


def _facts(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told.get(name) for name in ("request_id", "retry_after", "details")}
