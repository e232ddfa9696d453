"""Requests to the server: who we are, what is repeated, and how long anything may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import httpx

from switchboard_client.errors import SwitchboardError, error_of

ANSWER_S = 35.0
"""For one answer: API Gateway gives up after 29 s, and its own error is worth waiting for."""
TRIES = 3
"""Tries of a request that may be repeated."""
PAUSE_S = 0.5
"""Before the second try where the server names no pause; doubling."""
RETRY_AFTER_LONGEST_S = 10.0
"""Longest pause that the server may ask for and we wait; a longer one is the caller's to decide."""


class Transport:
    """One caller: a service by `api_key`, a user by `token`, else a guest, who stays the same guest."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        token: str | None = None,
        guest_token: str | None = None,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=ANSWER_S, transport=transport)
        self.guest_token = guest_token
        self.pause = pause
        self._credentials = (
            {"x-api-key": api_key} if api_key else {"authorization": f"Bearer {token}"} if token else {}
        )

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        *,
        repeatable: bool | None = None,
    ) -> dict[str, Any]:
        """Return the answer's JSON. Raise SwitchboardError.

        What was throttled is asked again; what may have worked only if it is repeatable, as a GET is.
        """
        again = method == "GET" if repeatable is None else repeatable
        for tries in range(1, TRIES + 1):
            try:
                return dict(self._send(method, path, body, query).json())
            except SwitchboardError as error:
                wait = error.retry_after or PAUSE_S * 2 ** (tries - 1)
                heals = error.may_heal if again else error.code == "throttled"
                if not heals or tries == TRIES or wait > RETRY_AFTER_LONGEST_S:
                    raise
                self.pause(wait)
        raise AssertionError("the last try returns or raises")

    def post_sdp(self, path: str, key: str, offer: str) -> httpx.Response:
        """Post an SDP offer, once: each try would be another call. Raise SwitchboardError."""
        headers = {"authorization": f"Bearer {key}", "content-type": "application/sdp"}
        return self._checked("POST", path, headers=headers, content=offer.encode())

    @contextmanager
    def stream(self, path: str, headers: dict[str, str], silence_s: float) -> Iterator[httpx.Response]:
        """Open a stream that may be silent for so long. Raise SwitchboardError, also when it breaks."""
        timeout = httpx.Timeout(ANSWER_S, read=silence_s)
        try:
            with self.http.stream("GET", path, headers={**self._who(), **headers}, timeout=timeout) as answer:
                if not answer.is_success:
                    answer.read()
                    raise error_of(answer)
                yield answer
        except httpx.HTTPError as error:
            raise SwitchboardError("network_error", "The stream broke.") from error

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, Any] | None
    ) -> httpx.Response:
        params = {name: value for name, value in (query or {}).items() if value is not None}
        answer = self._checked(method, path, headers=self._who(), json=body, params=params)
        self.guest_token = answer.headers.get("x-guest-token", self.guest_token)
        return answer

    def _who(self) -> dict[str, str]:
        guest = {"x-guest-token": self.guest_token} if self.guest_token and not self._credentials else {}
        return {**self._credentials, **guest}

    def _checked(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = self.http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise SwitchboardError("network_error", "The server could not be reached.") from error
        if not answer.is_success:
            raise error_of(answer)
        return answer
