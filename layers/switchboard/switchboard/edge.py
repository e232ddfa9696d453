"""What every HTTP edge of ours shares: statuses, error bodies, what a body must be, cookies, CORS."""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps, loads
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from switchboard.domain import errors, limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import InvalidRequest, PayloadTooLarge, SwitchboardError, wrong
from switchboard.domain.origins import cors as cors
from switchboard.domain.origins import is_welcome
from switchboard.settings import Settings

Model = TypeVar("Model", bound=BaseModel)

GUEST_COOKIE = "switchboard_guest"
GUEST_HEADER = "x-guest-token"
STATUSES: tuple[tuple[type[SwitchboardError], int], ...] = (
    (errors.PayloadTooLarge, 413),
    (errors.InvalidRequest, 400),
    (errors.Unauthorized, 401),
    (errors.Forbidden, 403),
    (errors.IssuerUnavailable, 503),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.QuotaExceeded, 429),
    (errors.TooManyCalls, 429),
    (errors.TooManyViewers, 429),
    (errors.ChatBusy, 429),
    (errors.ChatKitNotConfigured, 503),
    (errors.UpstreamBusy, 503),
    (errors.UpstreamError, 502),
    (errors.ExtractionFailed, 502),
    (errors.Throttled, 503),
    (errors.UnreadableHistory, 500),
    (errors.SwitchboardError, 500),
)
"""The first class that fits gives the status."""


def failure(error: SwitchboardError, request_id: str) -> tuple[int, dict[str, str], str]:
    """Return the status, headers and body by which a caller learns of an error."""
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    body: dict[str, Any] = {"code": error.code, "message": error.message, "request_id": request_id}
    headers = {}
    if error.details:
        body["details"] = error.details
    if error.retry_after:
        body["retry_after"] = error.retry_after
        headers["retry-after"] = str(error.retry_after)
    return status, headers, dumps({"error": body})


def crash() -> SwitchboardError:
    """Return what a caller is told of an error that nobody foresaw."""
    return SwitchboardError("Something went wrong on our side.")


def read_object(raw: bytes, most: int) -> dict[str, Any]:
    """Return the JSON object of a body; an empty body is an empty object. Raise InvalidRequest."""
    if len(raw) > most:
        raise too_large(most)
    try:
        text = raw.decode("utf-8-sig")
        fields = loads(text) if text.strip() else {}
        # Neither infinity nor a lone surrogate is anything that can be stored or passed on.
        dumps(fields, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise wrong("body", "is not valid JSON in UTF-8") from None
    if not isinstance(fields, dict):
        raise wrong("body", "must be a JSON object")
    return fields


def validated(model: type[Model], fields: dict[str, Any]) -> Model:
    """Return the request that these fields make up. Raise InvalidRequest."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        problems = [
            {"field": _place(item["loc"]), "problem": item["msg"]} for item in found[: limits.PROBLEMS]
        ]
        first = problems[0]
        raise InvalidRequest(f"{first['field']}: {first['problem']}", details={"fields": problems}) from None


def too_large(most: int) -> PayloadTooLarge:
    """Return the error for a body over the limit."""
    return PayloadTooLarge(f"The body is larger than {most} bytes.")


def shown(headers: Mapping[str, str], address: str, allowed: str = "*") -> Credentials:
    """Return what the headers (names in lower case) show of who is asking, from that address.

    Cookies count only where a page of an allowed origin has sent them: a browser adds them to whatever a
    strange page has it send.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    welcome = is_welcome(allowed, headers.get("origin"), headers.get("host"))
    cookie = headers.get("cookie", "") if welcome else ""
    return Credentials(
        api_key=headers.get("x-api-key"),
        bearer=token.strip() if scheme.lower() == "bearer" else None,
        cookie=cookie,
        guest=headers.get(GUEST_HEADER) or read_cookie(cookie, GUEST_COOKIE),
        address=address,
    )


def read_cookie(header: str, name: str) -> str | None:
    """Return the value of a cookie, if the header has it, whatever else other people's code has put there."""
    for pair in header.split(";"):
        found, is_set, value = pair.partition("=")
        if is_set and found.strip() == name:
            return value.strip().strip('"')
    return None


def guest_cookie(token: str, settings: Settings) -> str:
    """Return the guest's cookie."""
    return cookie(GUEST_COOKIE, token, limits.GUEST_DAYS, settings)


def cookie(name: str, value: str, days: int, settings: Settings) -> str:
    """Return a cookie that no script reads; pages of a named other origin may send it, if over TLS."""
    across = settings.secure_cookies and settings.allowed_origin != "*"
    text = f"{name}={value}; Path=/; Max-Age={days * 24 * 3600}; HttpOnly"
    text += "; SameSite=None" if across else "; SameSite=Lax"
    return f"{text}; Secure" if settings.secure_cookies else text


def _place(location: tuple[int | str, ...]) -> str:
    """Return the name of a field, cut to the length of names: it may be of the caller's making."""
    return ".".join(map(str, location))[: limits.FIELD_CHARS] or "body"
