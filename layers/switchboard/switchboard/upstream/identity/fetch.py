"""One small GET to an issuer, with urllib3: botocore has loaded it already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json import loads
from typing import Any

from switchboard.domain import limits

Fetch = Callable[[str, Mapping[str, str]], tuple[int, dict[str, Any]]]
"""Return status and JSON object (empty if it is none) of a URL. Raise FetchFailed."""


class FetchFailed(Exception):
    """Nobody answered in time, or with more than anybody would say."""


def fetch_json(url: str, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """Return status and JSON object of a URL; follows no redirect, repeats nothing. Raise FetchFailed."""
    from urllib3 import PoolManager, Timeout
    from urllib3.exceptions import HTTPError

    seconds = limits.ISSUER_SECONDS
    try:
        answer = PoolManager(retries=False).request(
            "GET",
            url,
            headers=dict(headers),
            timeout=Timeout(total=seconds),
            redirect=False,
            preload_content=False,
        )
        raw = answer.read(limits.ISSUER_BYTES + 1)
        answer.release_conn()
    except HTTPError as error:
        raise FetchFailed from error
    if len(raw) > limits.ISSUER_BYTES:
        raise FetchFailed
    try:
        body = loads(raw)
    except (ValueError, RecursionError):
        body = None
    return answer.status, body if isinstance(body, dict) else {}
