"""Server-sent events as we send them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from json import dumps
from json.encoder import encode_basestring_ascii
from typing import Any

from switchboard.agent.events import AgentEvent
from switchboard.domain.errors import SwitchboardError


def encode_token(words: str) -> bytes:
    """Return a `token` event as it travels; put together by hand, as an answer has hundreds."""
    return b'data: {"type":"token","content":' + encode_basestring_ascii(words).encode() + b"}\n\n"


def encode(event: dict[str, Any]) -> bytes:
    """Return an event of ours as it travels: one line of JSON."""
    return b"data: " + dumps(event, separators=(",", ":")).encode() + b"\n\n"


async def encoded(events: AsyncGenerator[AgentEvent, None]) -> AsyncGenerator[bytes, None]:
    """Yield the events of an answer as they travel; closing this closes them."""
    async with aclosing(events):
        async for event in events:
            yield encode_token(event.content) if event.type == "token" else encode(event.as_dict())


def broken(error: SwitchboardError) -> bytes:
    """Return the last events of an answer that fails where nobody foresaw it."""
    told = AgentEvent("error", error.message, {"code": error.code})
    return encode(told.as_dict()) + encode(AgentEvent("done", "", {"status": "failed"}).as_dict())
