"""Requests read and answers written: JSON in, JSON out, and what is noted about a request."""

import json

from aiohttp import web

from dev.simulator.errors import ApiError
from dev.simulator.wire import Json, dump

BODY = web.RequestKey("body", bytes)  # read once, shown in the request log
BEGAN = web.RequestKey("began", float)  # seconds of the performance counter
LEFT_EARLY = web.RequestKey("left_early", bool)  # the client went away before the end
REQUEST_ID = web.RequestKey("request_id", str)


async def json_body(request: web.Request) -> Json:
    """The request's JSON object; an empty body is an empty object. Raises ApiError 400."""
    raw = await body(request)
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise ApiError(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(value, dict):
        raise ApiError(400, "Invalid body: expected an object.", "invalid_type")
    return value


async def body(request: web.Request) -> bytes:
    """The request's body, kept for the request log."""
    raw = await request.read()
    request[BODY] = raw
    return raw


def json_response(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=dump(value).encode(), content_type="application/json")
