"""Requests to the upstream: one seam, one retry policy, one translation of errors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from random import uniform
from re import fullmatch
from time import monotonic, sleep
from typing import Any

import httpx

from switchboard.domain import limits
from switchboard.domain.errors import UpstreamBusy, UpstreamError, UpstreamRefused, UpstreamUnavailable
from switchboard.domain.secret import ApiKey, Credential

log = logging.getLogger(__name__)

NO_CREDIT = frozenset({"insufficient_quota", "credit_balance_exhausted"})
"""Codes of a 429 that no waiting heals."""
PARAM = r"[a-z_]+(\.[a-z_]+|\[\d+\]){0,8}"
"""What the name of a parameter looks like, likewise."""
CODE = "[a-z][a-z0-9_]{0,63}"
"""What a code looks like; anything else might quote what was sent."""


class OpenAIHttp:
    """Posts JSON and returns JSON, within a budget of seconds for all tries together."""

    def __init__(
        self,
        base_url: str,
        api_key: Callable[[], ApiKey],
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._api_key = api_key
        self._pause = pause
        self._client = httpx.Client(base_url=base_url.rstrip("/") + "/", transport=transport)

    def post(
        self,
        path: str,
        body: dict[str, Any] | None,
        seconds: float,
        *,
        headers: dict[str, str] | None = None,
        credential: Credential | None = None,
        tries: int = limits.UPSTREAM_TRIES,
    ) -> dict[str, Any]:
        """Return the answer's JSON object (empty if it has no body). Raise an UpstreamError.

        A try that may have arrived is tried again; a request that must not be repeated has one of `tries`.
        """
        until = monotonic() + seconds
        for tries_left in reversed(range(tries)):
            try:
                return self._try(path, body, until - monotonic(), headers or {}, credential)
            except (UpstreamBusy, UpstreamUnavailable) as error:
                pause = max(uniform(1, 2) * limits.UPSTREAM_PAUSE, error.retry_after or 0)
                log.warning(
                    "upstream.failed", extra={"path": path, "code": error.code, "tries_left": tries_left}
                )
                if not tries_left or pause > limits.UPSTREAM_PAUSE_MAX or monotonic() + pause >= until:
                    raise
                self._pause(pause)
        raise AssertionError("the last try returns or raises")

    def post_form(
        self, path: str, parts: dict[str, tuple[str, str]], seconds: float, headers: dict[str, str]
    ) -> tuple[str, str]:
        """Post (text, media type) by name as one form; return the answer's text and its `Location`.

        It is tried once: for requests of which a second would make a second thing. Raise an UpstreamError.
        """
        files = {name: (None, text.encode(), media) for name, (text, media) in parts.items()}
        answer = self._send(path, seconds, headers, None, files=files)
        return answer.content.decode(errors="replace"), answer.headers.get("location", "")

    def _try(
        self,
        path: str,
        body: dict[str, Any] | None,
        seconds: float,
        headers: dict[str, str],
        credential: Credential | None,
    ) -> dict[str, Any]:
        return _json(self._send(path, seconds, headers, credential, json=body))

    def _send(
        self,
        path: str,
        seconds: float,
        headers: dict[str, str],
        credential: Credential | None,
        **content: Any,
    ) -> httpx.Response:
        key = credential or self._api_key()
        connect = min(seconds / 3, limits.CONNECT_SECONDS)
        timeout = httpx.Timeout(seconds - connect, connect=connect)
        headers = {**headers, "Authorization": f"Bearer {key.value}"}
        try:
            answer = self._client.post(path, headers=headers, timeout=timeout, **content)
        except httpx.HTTPError as error:
            raise UpstreamUnavailable("OpenAI could not be reached in time.") from error
        if not answer.is_success:
            raise refusal(answer)
        return answer


def _json(answer: httpx.Response) -> dict[str, Any]:
    if not answer.content:
        return {}
    try:
        body = answer.json()
    except (ValueError, RecursionError) as error:
        raise UpstreamUnavailable("OpenAI answered with something unreadable.") from error
    if not isinstance(body, dict):
        raise UpstreamUnavailable("OpenAI answered with something unexpected.")
    return body


def refusal(answer: httpx.Response) -> UpstreamError:
    """Return our error; the upstream's own message stays out of it, as it may quote what was sent."""
    code = _code(answer)
    details: dict[str, Any] = {"upstream_status": answer.status_code, "upstream_code": code}
    if param := _param(answer):
        details["upstream_param"] = param
    if answer.status_code == 429 and code not in NO_CREDIT:
        wait = _retry_after(answer)
        return UpstreamBusy("OpenAI asks for fewer requests.", details=details, retry_after=wait)
    if answer.status_code in {408, 409} or answer.status_code >= 500:
        return UpstreamUnavailable(
            "OpenAI failed to answer.", details=details, retry_after=_retry_after(answer, 0) or None
        )
    log.warning("upstream.refused", extra={"status": answer.status_code, "upstream_code": code})
    return UpstreamRefused("OpenAI refused the request.", details=details)


def _code(answer: httpx.Response) -> str | None:
    try:
        return as_code(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _param(answer: httpx.Response) -> str | None:
    try:
        param = answer.json()["error"]["param"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return param if isinstance(param, str) and len(param) <= 64 and fullmatch(PARAM, param) else None


def as_code(value: Any) -> str | None:
    """Return the value if it is a code, None if it is anything else."""
    return value if isinstance(value, str) and fullmatch(CODE, value) else None


def _retry_after(answer: httpx.Response, default: int = 1) -> int:
    try:
        return min(max(1, round(float(answer.headers["retry-after"]))), limits.UPSTREAM_RETRY_AFTER_MAX)
    except (KeyError, ValueError, OverflowError):
        return default
