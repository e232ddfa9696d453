"""OPTIONS in, headers out: apart from `http.py`, because a browser waits for it before it asks."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def answering_options(use_case: Callable[[str, str | None], dict[str, str]]) -> Handler:
    """Return the Lambda handler of OPTIONS: it loads nothing and asks nobody."""
    allowed = os.environ.get("ALLOWED_ORIGINS") or os.environ.get("ALLOWED_ORIGIN") or "*"

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        return {"statusCode": 204, "headers": use_case(allowed, headers.get("origin")), "body": ""}

    return handler
