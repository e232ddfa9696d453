"""JSON as it travels: one alias, one way to write it."""

import json
from typing import Any

Json = dict[str, Any]


def dump(value: object) -> str:
    """Write JSON as upstream does: no blanks, words unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def frame(event: Json) -> bytes:
    """One event as the bytes of a text frame, written once however many peers read it."""
    return dump(event).encode()
