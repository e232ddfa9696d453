"""Server-sent events as we send them."""

from __future__ import annotations

from json import dumps
from json.encoder import encode_basestring_ascii
from typing import Any

HEARTBEAT = b": still here\n\n"
"""A comment: clients ignore it, proxies see that the stream lives."""


def encode_token(words: str) -> bytes:
    """Return a `token` event as it travels; put together by hand, as an answer has hundreds."""
    return b'data: {"type":"token","content":' + encode_basestring_ascii(words).encode() + b"}\n\n"


def encode(event: dict[str, Any]) -> bytes:
    """Return an event of ours as it travels: one line of JSON."""
    return b"data: " + dumps(event, separators=(",", ":")).encode() + b"\n\n"
