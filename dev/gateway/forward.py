"""Pass one HTTP request on and its answer back, unchanged but for what belongs to the connection."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import ClientError, ClientSession, ClientTimeout, hdrs, web
from multidict import CIMultiDict
from yarl import URL

from dev.gateway.errors import failure

# Headers about one connection, not about the message (RFC 9110 §7.6.1).
_HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade"),
    *("proxy-authenticate", "proxy-authorization"),
}


async def forward(
    request: web.Request, session: ClientSession, target: URL, seconds: float | None, host: str | None = None
) -> web.StreamResponse:
    """Send the request to `target` and stream its answer. `host` replaces the Host header.

    Without an answer's first byte within `seconds` the client gets a 504, and without an answer a 502.
    """
    headers = _kept(request.headers.items())
    headers["X-Forwarded-For"] = request.remote or "127.0.0.1"
    headers["X-Forwarded-Proto"] = "http"
    headers["Host"] = host or request.host
    response: web.StreamResponse | None = None
    try:
        async with session.request(
            request.method,
            target,
            headers=headers,
            data=request.content if request.body_exists else None,
            allow_redirects=False,
            timeout=ClientTimeout(total=None, sock_read=seconds),
        ) as answer:
            response = web.StreamResponse(status=answer.status, headers=_kept(answer.headers.items()))
            await response.prepare(request)
            if request.method != hdrs.METH_HEAD:
                async for piece in answer.content.iter_any():
                    await response.write(piece)
            await response.write_eof()
            return response
    except (TimeoutError, ClientError) as problem:
        if response is not None:  # only a cut connection can still tell that the answer is not whole
            if request.transport is not None:  # the client may have left first
                request.transport.abort()
            return response
        return failure(504 if isinstance(problem, TimeoutError) else 502)


def _kept(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    """Return the headers that concern the message, repeated ones as often as they came."""
    return CIMultiDict((name, _text(value)) for name, value in headers if name.lower() not in _HOP_BY_HOP)


def _text(value: str) -> str:
    """Return a header's value, as Latin-1 where it is no UTF-8: of such bytes aiohttp would write none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode(errors="surrogateescape").decode("latin-1")
    return value
