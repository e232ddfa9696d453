"""API Gateway's event in, a use case's answer out; and the one table of errors and statuses."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from http.cookies import CookieError, SimpleCookie
from json import dumps, loads
from time import perf_counter
from typing import Any, get_type_hints

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ValidationError

from switchboard.domain import errors, limits
from switchboard.domain.credentials import Credentials
from switchboard.domain.errors import InvalidRequest, PayloadTooLarge, SwitchboardError
from switchboard.domain.principal import Guest, Principal
from switchboard.settings import Settings

Event = dict[str, Any]
Handler = Callable[[Event, Any], dict[str, Any]]
Bootstrap = Callable[[Iterable[str]], Any]

GUEST_COOKIE = "switchboard_guest"
GUEST_HEADER = "x-guest-token"
EXPOSED = "location, retry-after, x-guest-token"
STATUSES: tuple[tuple[type[SwitchboardError], int], ...] = (
    (errors.PayloadTooLarge, 413),
    (errors.InvalidRequest, 400),
    (errors.Unauthorized, 401),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.UpstreamBusy, 503),
    (errors.UpstreamError, 502),
    (errors.ExtractionFailed, 502),
    (errors.Throttled, 503),
    (errors.SwitchboardError, 500),
)
"""The first class that fits gives the status."""


@dataclass(slots=True)
class Reply:
    """An HTTP answer on its way out."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    def as_proxy(self) -> dict[str, Any]:
        """Return what API Gateway wants from a proxy integration."""
        headers = {"content-type": "application/json", "cache-control": "no-store", **self.headers}
        return {"statusCode": self.status, "headers": headers, "body": self.body, "isBase64Encoded": False}


def endpoint(
    use_case: Callable[..., BaseModel],
    bootstrap: Bootstrap,
    *,
    status: int = 200,
    reply: Callable[[Any, int], Reply] | None = None,
) -> Handler:
    """Return the Lambda handler of one route.

    The use case's own types say what it needs: `request` is the model that is read from body, path and query,
    `deps` the parts that bootstrap builds now, while the function starts.
    """
    hints = get_type_hints(use_case)
    log = Logger(service=use_case.__name__)
    deps = bootstrap(get_type_hints(hints["deps"]))
    edge = bootstrap(("identity", "settings"))
    run = partial(_run, use_case, hints["request"], deps, edge, reply or _plain, status, log)

    def handler(event: Event, context: Any) -> dict[str, Any]:
        started = perf_counter()
        request_id = event.get("requestContext", {}).get("requestId") or context.aws_request_id
        facts: dict[str, Any] = {"request_id": request_id}
        try:
            answer = run(event, facts)
        except SwitchboardError as error:
            answer = _failure(error, request_id)
            facts["code"] = error.code
            if error.details:
                facts["details"] = error.details
        except Exception as error:
            log.exception("request.crashed", extra={"request_id": request_id})
            facts["code"] = type(error).__name__
            answer = _failure(SwitchboardError("Something went wrong on our side."), request_id)
        milliseconds = round((perf_counter() - started) * 1000, 1)
        log.info("request", extra={**facts, "status": answer.status, "ms": milliseconds})
        answer.headers.update(_cors(edge.settings.allowed_origin))
        return answer.as_proxy()

    return handler


def extraction_reply(answer: Any, status: int) -> Reply:
    """Return 200 for a finished extraction, 202 with the way to it for one that still runs."""
    reply = _plain(answer, status)
    if answer.status == "running":
        reply.status = 202
        reply.headers["location"] = f"/extract-profile/{answer.extraction_id}"
        reply.headers["retry-after"] = str(limits.EXTRACT_RETRY_AFTER)
    return reply


def _run(
    use_case: Callable[..., BaseModel],
    model: type[BaseModel],
    deps: Any,
    edge: Any,
    reply: Callable[[Any, int], Reply],
    status: int,
    log: Logger,
    event: Event,
    facts: dict[str, Any],
) -> Reply:
    principal: Principal = edge.identity.resolve(_credentials(event))
    facts["owner"] = principal.owner
    request = _read(model, event)
    facts.update({key: value for key, value in request if key.endswith("_id") and value})
    reply_out = reply(use_case(request, principal, deps), status)
    if isinstance(principal, Guest) and principal.fresh:
        token = edge.identity.guest_token(principal)
        reply_out.headers[GUEST_HEADER] = token
        reply_out.headers["set-cookie"] = _cookie(token, edge.settings)
    return reply_out


def _plain(answer: BaseModel, status: int) -> Reply:
    return Reply(status, answer.model_dump_json(by_alias=True))


def _failure(error: SwitchboardError, request_id: str) -> Reply:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    body: dict[str, Any] = {"code": error.code, "message": error.message, "request_id": request_id}
    headers = {}
    if error.details:
        body["details"] = error.details
    if error.retry_after:
        body["retry_after"] = error.retry_after
        headers["retry-after"] = str(error.retry_after)
    return Reply(status, dumps({"error": body}), headers)


def _credentials(event: Event) -> Credentials:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return Credentials(
        api_key=headers.get("x-api-key"),
        bearer=token.strip() if scheme.lower() == "bearer" else None,
        guest=headers.get(GUEST_HEADER) or _read_cookie(headers.get("cookie", "")),
    )


def _read_cookie(header: str) -> str | None:
    try:
        morsel = SimpleCookie(header).get(GUEST_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _cookie(token: str, settings: Settings) -> str:
    """Return the guest's cookie; pages of a named other origin send it too, which browsers allow over TLS only."""
    lifetime = limits.GUEST_DAYS * 24 * 3600
    across = settings.secure_cookies and settings.allowed_origin != "*"
    cookie = f"{GUEST_COOKIE}={token}; Path=/; Max-Age={lifetime}; HttpOnly"
    cookie += "; SameSite=None" if across else "; SameSite=Lax"
    return f"{cookie}; Secure" if settings.secure_cookies else cookie


def _cors(origin: str) -> dict[str, str]:
    """Return what lets a page of that origin read the answer, and the headers in it that it needs."""
    headers = {"access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED}
    if origin != "*":
        headers["access-control-allow-credentials"] = "true"
    return headers


def _read(model: type[BaseModel], event: Event) -> BaseModel:
    """Return the request that body, query and path make up. Raise InvalidRequest."""
    fields = _body(event)
    for part in ("queryStringParameters", "pathParameters"):
        for name, value in (event.get(part) or {}).items():
            if fields.setdefault(name, value) != value:
                raise _wrong(name, "is given twice, with different values")
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        problems = [
            {"field": ".".join(map(str, item["loc"])) or "body", "problem": item["msg"]} for item in found
        ]
        first = problems[0]
        raise InvalidRequest(
            f"{first['field']}: {first['problem']}", details={"fields": problems[:20]}
        ) from None


def _body(event: Event) -> dict[str, Any]:
    raw: str | bytes = event.get("body") or ""
    if len(raw) > limits.BODY_BYTES * 4 // 3 + 4:
        raise PayloadTooLarge(f"The body is larger than {limits.BODY_BYTES} bytes.")
    try:
        raw = base64.b64decode(raw, validate=True) if event.get("isBase64Encoded") else raw.encode()  # type: ignore[union-attr]  # a str until here
        if len(raw) > limits.BODY_BYTES:
            raise PayloadTooLarge(f"The body is larger than {limits.BODY_BYTES} bytes.")
        fields = loads(raw, parse_constant=_no_constant) if raw.strip() else {}
        dumps(fields, ensure_ascii=False).encode()  # a lone surrogate is text that nothing can store
    except (ValueError, RecursionError):
        raise _wrong("body", "is not valid JSON in UTF-8") from None
    if not isinstance(fields, dict):
        raise _wrong("body", "must be a JSON object")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _wrong(name: str, problem: str) -> InvalidRequest:
    return InvalidRequest(f"{name}: {problem}", details={"fields": [{"field": name, "problem": problem}]})
