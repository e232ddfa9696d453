"""What surrounds every request: upstream's headers, CORS, faults, the request log, error bodies."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from dev.simulator import limits
from dev.simulator.errors import ApiError, BadScript
from dev.simulator.exchange import BEGAN, REQUEST_ID, json_response
from dev.simulator.faults import HTTP_DEEDS, Fault
from dev.simulator.state import STATE
from dev.simulator.wire import Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, X-Request-Id",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Max-Age": "86400",
}
_CODES = {
    401: "invalid_api_key",
    403: "model_not_found",
    429: "rate_limit_exceeded",
    503: "server_is_overloaded",
}


@web.middleware
async def surround(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer, log, and word every error as upstream does."""
    state = request.app[STATE]
    began = time.perf_counter()
    at = state.world.pace.now()
    request[BEGAN] = began
    request[REQUEST_ID] = f"req_{state.world.chance.hex(32)}"
    status = 500
    try:
        response = await _answered(request, handler)
        status = response.status
        return response
    finally:
        if request.path.startswith("/v1/"):
            state.log.record(
                request,
                at=at,
                status=status,
                seconds=time.perf_counter() - began,
                request_id=request[REQUEST_ID],
            )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that every /v1 answer carries, sockets included."""
    if not request.path.startswith("/v1/"):
        return
    spent = max(1, round((time.perf_counter() - request.get(BEGAN, time.perf_counter())) * 1000))
    response.headers.setdefault("x-request-id", request.get(REQUEST_ID, "req_unknown"))
    response.headers.setdefault("openai-processing-ms", str(spent))
    response.headers.setdefault("openai-version", "2020-10-01")
    for name, value in _CORS.items():
        response.headers.setdefault(name, value)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.method == "OPTIONS" and request.path.startswith("/v1/"):
        return _preflight(request)
    try:
        fault = _fault(request)
        if fault is not None:
            spoiled = await _spoil(request, fault)
            if spoiled is not None:
                return spoiled
        return await handler(request)
    except ApiError as error:
        response = json_response(error.body, error.status)
        response.headers.update(error.headers)
        return response
    except BadScript as error:
        return json_response(_error("bad_request", str(error)), 400)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        await request.read()
        return json_response(
            _error("not_found" if error.status == 404 else None, _wording(request, error)), error.status
        )


def _fault(request: web.Request) -> Fault | None:
    route = request.match_info.route.name
    if route is None or not request.path.startswith("/v1/"):
        return None
    call = request.match_info.get("call_id") or request.query.get("call_id")
    return request.app[STATE].world.faults.strike(route, call=call, deeds=HTTP_DEEDS)


async def _spoil(request: web.Request, fault: Fault) -> web.StreamResponse | None:
    """Carry a fault out; None means that the request may go on."""
    detail = fault.detail
    seconds = detail.get("seconds")
    match fault.do:
        case "delay":
            await asyncio.sleep(1.0 if seconds is None else seconds)
            return None
        case "status":
            await request.read()
            response = json_response(detail.get("body") or _fault_body(detail), detail["status"])
            response.headers.update(detail.get("headers") or {})
            if detail["status"] == 429:
                response.headers.setdefault("retry-after", "1")
            return response
        case "hang":
            await asyncio.sleep(limits.HANG_SECONDS if seconds is None else seconds)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


def _fault_body(detail: Json) -> Json:
    status = detail["status"]
    kind = detail.get("type") or ("server_error" if status >= 500 else "invalid_request_error")
    message = detail.get("message") or f"The simulator was told to answer {status}."
    return _error(detail.get("code") or _CODES.get(status), message, kind)


def _error(code: str | None, message: str, kind: str = "invalid_request_error") -> Json:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _wording(request: web.Request, error: web.HTTPException) -> str:
    if error.status in (404, 405):
        return f"Invalid URL ({request.method} {request.path})"
    return error.reason


def _preflight(request: web.Request) -> web.Response:
    asked = request.headers.get("Access-Control-Request-Headers", "Authorization, Content-Type")
    return web.Response(status=200, headers={**_PREFLIGHT, "Access-Control-Allow-Headers": asked})
