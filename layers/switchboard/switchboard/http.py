"""API Gateway's event in, a use case's answer out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from json import dumps, loads
from time import perf_counter
from typing import Any, get_type_hints

from aws_lambda_powertools import Logger
from pydantic import BaseModel

from switchboard.domain import limits
from switchboard.domain.credentials import Credentials, Identity
from switchboard.domain.errors import IssuerUnavailable, SwitchboardError, Unauthorized, UpstreamError, wrong
from switchboard.domain.principal import Guest, Principal
from switchboard.edge import (
    GUEST_HEADER,
    cors,
    crash,
    failure,
    guest_cookie,
    read_object,
    shown,
    too_large,
    validated,
)
from switchboard.voice import speak_through

Event = dict[str, Any]
Handler = Callable[[Event, Any], dict[str, Any]]
Bootstrap = Callable[[Iterable[str]], Any]


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
    lenient: bool = False,
    told_as: str | None = None,
    read: Callable[[type[BaseModel], Event], BaseModel] | None = None,
) -> Handler:
    """Return the Lambda handler of one route; a `lenient` one takes whoever shows a bad token as a guest.

    One that is `told_as` something logs under that name what the answer's `facts()` are, and how the upstream
    refused. `read` makes the request of an event where body, path and query do not simply make it up.
    The use case's own types say what it needs: `request` is the model that is read from body, path and query,
    `deps` the parts that bootstrap builds now, while the function starts.
    """
    hints = get_type_hints(use_case)
    log = Logger(service=use_case.__name__)
    deps = bootstrap(get_type_hints(hints["deps"]))
    edge = bootstrap(("identity", "settings"))
    told = partial(_tell, use_case, told_as, log) if told_as else use_case
    run = partial(_run, told, hints["request"], read or _read, deps, edge, reply or _plain, status, lenient)

    return answering(run, edge, log)


def answering(run: Callable[[Event, dict[str, Any]], Reply], edge: Any, log: Logger) -> Handler:
    """Return the handler that answers with what `run` returns or raises, and logs the facts it gathers."""
    speak_through(log)

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
            answer = _failure(crash(), request_id)
        milliseconds = round((perf_counter() - started) * 1000, 1)
        log.info("request", extra={**facts, "status": answer.status, "ms": milliseconds})
        answer.headers.update(cors(edge.settings.allowed_origin, _origin(event)))
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
    read: Callable[[type[BaseModel], Event], BaseModel],
    deps: Any,
    edge: Any,
    reply: Callable[[Any, int], Reply],
    status: int,
    lenient: bool,
    event: Event,
    facts: dict[str, Any],
) -> Reply:
    body_token = _body_token(event) if "supabase_access_token" in model.model_fields else None
    credentials = _credentials(event, body_token, edge.settings.allowed_origin)
    principal = _principal(edge.identity, credentials, lenient)
    facts["owner"] = principal.owner
    if isinstance(principal, Guest) and principal.refused:
        facts["refused"] = principal.refused
    request = read(model, event)
    facts.update({key: value for key, value in request if key.endswith("_id") and value})
    reply_out = reply(use_case(request, principal, deps), status)
    if isinstance(principal, Guest) and principal.fresh:
        token = edge.identity.guest_token(principal)
        reply_out.headers[GUEST_HEADER] = token
        reply_out.headers["set-cookie"] = guest_cookie(token, edge.settings)
    return reply_out


def _tell(
    use_case: Callable[..., Any],
    name: str,
    log: Logger,
    request: BaseModel,
    principal: Principal,
    deps: Any,
) -> Any:
    """Return the answer, and log it under that name; of the upstream's refusal its status and code alone."""
    try:
        answer = use_case(request, principal, deps)
    except UpstreamError as error:
        refusal = error.details or {}
        body = {"error": {"code": refusal.get("upstream_code") or error.code}}
        log.warning(f"{name} upstream", extra={"status": refusal.get("upstream_status"), "body": body})
        raise
    log.info(f"{name} ok", extra=answer.facts())
    return answer


def _plain(answer: BaseModel, status: int) -> Reply:
    return Reply(status, answer.model_dump_json(by_alias=True))


def _failure(error: SwitchboardError, request_id: str) -> Reply:
    status, headers, body = failure(error, request_id)
    return Reply(status, body, headers)


def _principal(identity: Identity, credentials: Credentials, lenient: bool) -> Principal:
    """Return who asks. Whoever shows a token that is not good has never more power than a guest."""
    try:
        return identity.resolve(credentials)
    except (Unauthorized, IssuerUnavailable) as error:
        if not lenient or credentials.api_key is not None:
            raise
        guest = identity.resolve(Credentials(guest=credentials.guest, address=credentials.address))
        assert isinstance(guest, Guest)
        return replace(guest, refused=str((error.details or {}).get("reason", error.code)))


def _body_token(event: Event) -> str | None:
    """Return the body's `supabaseAccessToken`; what is wrong with the body is told when it is read."""
    try:
        token = _body(event).get("supabaseAccessToken")
    except SwitchboardError:
        return None
    return token if isinstance(token, str) else None


def _credentials(event: Event, body_token: str | None, allowed: str) -> Credentials:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if name.lower() == "cookie":  # HTTP/2 may send it in pieces
            headers["cookie"] = "; ".join(values)
    address = (event.get("requestContext", {}).get("identity") or {}).get("sourceIp") or ""
    return replace(shown(headers, address, allowed), body_token=body_token)


def _origin(event: Event) -> str | None:
    headers = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == "origin"), None)


def _read(model: type[BaseModel], event: Event) -> BaseModel:
    """Return the request that body, query and path make up. Raise InvalidRequest."""
    fields = _body(event)
    for part in ("queryStringParameters", "pathParameters"):
        for name, value in (event.get(part) or {}).items():
            if fields.setdefault(name, value) != value:
                raise wrong(name, "is given twice, with different values")
    return validated(model, fields)


def read_log(model: type[BaseModel], event: Event) -> BaseModel:
    """Return the request whose `content` is the body: JSON of any kind of text, with marks for bad bytes."""
    body: str = event.get("body") or ""
    if len(body) > limits.LOG_BYTES * 4 // 3 + 4:
        raise too_large(limits.LOG_BYTES)
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else _encoded(body)
        text = raw.decode("utf-8-sig", errors="replace")
        text = _encoded(dumps(loads(text, parse_constant=lambda _: None), ensure_ascii=False)).decode()
        content = loads(text)
    except (ValueError, RecursionError):
        raise wrong("body", "is not valid JSON") from None
    if len(raw) > limits.LOG_BYTES:
        raise too_large(limits.LOG_BYTES)
    if not isinstance(content, dict):
        raise wrong("body", "must be a JSON object")
    return validated(model, {"content": content})


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")  # half a surrogate pair is text that nothing can store


def _body(event: Event) -> dict[str, Any]:
    body: str = event.get("body") or ""
    if len(body) > limits.BODY_BYTES * 4 // 3 + 4:
        raise too_large(limits.BODY_BYTES)
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        raise wrong("body", "is not valid JSON in UTF-8") from None
    return read_object(raw, limits.BODY_BYTES)
