"""What the gateway answers by itself when a request goes wrong: the one error shape, nothing internal."""

from __future__ import annotations

import logging
from uuid import uuid4

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

log = logging.getLogger(__name__)

_ANSWERS = {
    400: ("invalid_request", "The request is not HTTP as the API understands it."),
    500: ("internal_error", "Something went wrong in the local gateway."),
    502: ("internal_error", "The API did not answer."),
    504: ("timeout", "The answer took too long."),
}


def failure(status: int) -> web.Response:
    """Return the answer `{"error": {"code", "message", "request_id"}}` for one of 400, 500, 502, 504."""
    code, message = _ANSWERS[status]
    error = {"code": code, "message": message, "request_id": str(uuid4())}
    return web.json_response({"error": error}, status=status)


class Connection(RequestHandler):
    """One client's connection, whose unreadable requests get the same shape."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer that ends the connection. Raise ConnectionError if one has begun."""
        if status >= 500:
            log.error("request.crashed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer has been sent")
        response = failure(500 if status >= 500 else 400)
        response.force_close()
        return response
