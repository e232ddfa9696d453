"""The control API of calls' media: a network that carries nothing."""

from aiohttp import web

from dev.simulator.errors import ApiError
from dev.simulator.exchange import json_body, json_response
from dev.simulator.state import STATE


def routes() -> list[web.RouteDef]:
    return [web.post("/_simulator/calls/{call_id}/cut", cut)]


async def cut(request: web.Request) -> web.Response:
    """Drop all packets of a browser's call for `{"seconds": …}`, or, without, for good.

    409 if it has no media.
    """
    asked = await json_body(request) if request.can_read_body else {}
    seconds = asked.get("seconds")
    if seconds is not None and not (isinstance(seconds, int | float) and seconds > 0):
        raise ApiError(400, "`seconds` must be a number above 0.", "invalid_value")
    if not request.app[STATE].media.cut(request.match_info["call_id"], seconds):
        raise ApiError(409, "The call has no media.", "no_media")
    return json_response({"cut": seconds})
