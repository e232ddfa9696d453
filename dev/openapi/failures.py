"""The errors of the API: one shape, and for each route the statuses and codes that it may answer with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from switchboard.domain import errors
from switchboard.domain.errors import SwitchboardError
from switchboard.edge import STATUSES

from dev.openapi.raises import NEVER, Kind, every_error

GATEWAY = {
    "timeout": (504, "The answer took too long; API Gateway has given up."),
    "throttled": (429, "More requests than the API takes, from all callers together."),
}
"""What API Gateway says by itself, beside codes that are ours as well."""
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Every error has this shape.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "A stable word to decide by; see docs/errors.md."},
                "message": {"type": "string", "description": "For people; may change."},
                "request_id": {"type": "string", "description": "What to quote when asking for help."},
                "details": {"type": "object", "description": "Further facts, such as the fields at fault."},
                "retry_after": {"type": "integer", "description": "Seconds after which to try again."},
            },
        }
    },
}
WAITING = (429, 503)
"""Statuses that say when to ask again."""
REQUEST_ID = "00000000-0000-4000-8000-000000000000"


def status_of(kind: Kind) -> int:
    """Return the status that the edge gives an error."""
    return next(status for base, status in STATUSES if issubclass(kind, base))


def codes() -> dict[str, tuple[int, str]]:
    """Return every code that a caller may see, with its status and its meaning."""
    kinds = [kind for kind in every_error().values() if kind not in NEVER]
    found = {kind.code: (status_of(kind), _meaning(kind)) for kind in kinds}
    internal = status_of(SwitchboardError), "Something went wrong on our side."
    return {SwitchboardError.code: internal, **found, "timeout": GATEWAY["timeout"]}


def examples() -> dict[str, Any]:
    """Return a sample of every error, by its code."""
    made = {}
    for code, (status, meaning) in codes().items():
        error: dict[str, Any] = {"code": code, "message": meaning, "request_id": REQUEST_ID}
        if status in WAITING:
            error["retry_after"] = 1
        made[code] = {"summary": meaning, "value": {"error": error}}
    return made


def responses(kinds: Iterable[Kind], *, takes_input: bool, carries_body: bool, admits: str) -> dict[str, Any]:
    """Return the error responses of a route by status."""
    by_status: dict[int, set[str]] = defaultdict(set)
    common: list[Kind] = [SwitchboardError, *kinds]
    if takes_input:
        common.append(errors.InvalidRequest)
    if carries_body:
        common.append(errors.PayloadTooLarge)
    if admits != "anybody":
        common.append(errors.Unauthorized)
    if admits == "principal":
        common += [errors.IssuerUnavailable, errors.Throttled]
    for kind in common:
        if kind is errors.PayloadTooLarge and not carries_body:
            continue
        by_status[status_of(kind)].add(kind.code)
    for code, (status, _) in GATEWAY.items():
        by_status[status].add(code)
    return {str(status): _response(status, sorted(by_status[status])) for status in sorted(by_status)}


def _response(status: int, words: list[str]) -> dict[str, Any]:
    meanings = {code: meaning for code, (_, meaning) in codes().items()}
    meanings |= {code: meaning for code, (said_with, meaning) in GATEWAY.items() if said_with == status}
    shown = {code: {"$ref": f"#/components/examples/{code}"} for code in words}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "examples": shown}}
    description = "\n".join(f"- `{code}`: {meanings[code]}" for code in words)
    waits = {"headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}}
    return {"description": description, **(waits if status in WAITING else {}), "content": content}


def _meaning(kind: Kind) -> str:
    return " ".join((kind.__doc__ or "").split())
