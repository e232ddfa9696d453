"""Requests to the server: who we are, what is repeated, and how long anything may take."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
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
SPREAD = 0.5
"""Pauses are longer by up to this part of themselves, by chance: who was refused together returns apart."""
Token = str | Callable[[str | None], str]
"""A user's token, or what returns a fresh one, given the one that the server has just refused, if any."""


class Transport:
    """One caller: a service by `api_key`, a user by `token`, else a guest, who stays the same guest.

    Threads may share it: they are one guest. `timeout` is in seconds, for each answer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        token: Token | None = None,
        guest_token: str | None = None,
        timeout: float = ANSWER_S,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], None] = sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=timeout, transport=transport)
        self.guest_token = guest_token
        self._timeout = timeout
        self._api_key = api_key
        self._token = token
        self._wait = wait
        self._chance = chance
        self._meeting = Lock()

    def pause(self, seconds: float) -> None:
        """Wait so long, and by chance up to half as long again."""
        self._wait(seconds * (1 + SPREAD * self._chance()))

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

        What the server refused to begin is asked again; what may have worked only if it is repeatable, as a
        GET is.
        """
        again = method == "GET" if repeatable is None else repeatable
        for tries in range(1, TRIES + 1):
            try:
                return _object(self._send(method, path, body, query))
            except SwitchboardError as error:
                wait = error.retry_after or PAUSE_S * 2 ** (tries - 1)
                heals = error.may_heal if again else error.was_refused
                if not heals or tries == TRIES or wait > RETRY_AFTER_LONGEST_S:
                    raise
                self.pause(wait)
        raise AssertionError("the last try returns or raises")

    def post_sdp(self, path: str, key: str, offer: str) -> httpx.Response:
        """Post an SDP offer, once: each try would be another call. Raise SwitchboardError."""
        headers = {"authorization": f"Bearer {key}", "content-type": "application/sdp"}
        request = self.http.build_request("POST", path, headers=headers, content=offer.encode())
        return _checked(self._sent(request))

    @contextmanager
    def stream(self, path: str, headers: dict[str, str], silence_s: float) -> Iterator[httpx.Response]:
        """Open a stream that may be silent for so long. Raise SwitchboardError, also when it breaks."""
        timeout = httpx.Timeout(self._timeout, read=silence_s)
        request = self.http.build_request("GET", path, headers=headers, timeout=timeout)
        answer = self._as_us(request, stream=True)
        try:
            if not answer.is_success:
                answer.read()
                raise error_of(answer)
            yield answer
        except httpx.HTTPError as error:
            raise SwitchboardError("network_error", "The stream broke.") from error
        finally:
            answer.close()

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, Any] | None
    ) -> httpx.Response:
        """Send it; as long as we are strangers one by one: the first makes the guest that the next is."""
        if self._is_strange:
            with self._meeting:
                if self._is_strange:
                    return self._answer(method, path, body, query)
        return self._answer(method, path, body, query)

    @property
    def _is_strange(self) -> bool:
        return not (self._api_key or self._token or self.guest_token)

    def _answer(
        self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, Any] | None
    ) -> httpx.Response:
        params = {name: value for name, value in (query or {}).items() if value is not None}
        answer = self._as_us(self.http.build_request(method, path, json=body, params=params))
        self.guest_token = answer.headers.get("x-guest-token", self.guest_token)
        return _checked(answer)

    def _as_us(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        """Send it with who we are. A token that is refused is asked for anew, once: it may have run out."""
        shown = self._who(None)
        request.headers.update(shown)
        answer = self._sent(request, stream=stream)
        may_be_stale = callable(self._token) and not self._api_key
        if answer.status_code != httpx.codes.UNAUTHORIZED or not may_be_stale:
            return answer
        answer.close()
        headers = {**request.headers, **self._who(shown["authorization"].removeprefix("Bearer "))}
        again = httpx.Request(
            request.method,
            request.url,
            headers=headers,
            content=request.read(),
            extensions=request.extensions,
        )
        return self._sent(again, stream=stream)

    def _who(self, refused: str | None) -> dict[str, str]:
        if self._api_key:
            return {"x-api-key": self._api_key}
        if self._token:
            return {"authorization": f"Bearer {self._fresh(self._token, refused)}"}
        return {"x-guest-token": self.guest_token} if self.guest_token else {}

    def _fresh(self, token: Token, refused: str | None) -> str:
        """Return the user's token. Raise SwitchboardError `token_failed` if it cannot be had now."""
        if isinstance(token, str):
            return token
        try:
            return token(refused)
        except Exception as error:
            raise SwitchboardError("token_failed", "The token could not be had.") from error

    def _sent(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        try:
            return self.http.send(request, stream=stream)
        except httpx.HTTPError as error:
            raise SwitchboardError("network_error", "The server could not be reached.") from error


def _checked(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise error_of(answer)
    return answer


def _object(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer. Raise SwitchboardError for anything else."""
    try:
        return dict(answer.json())
    except (ValueError, TypeError):
        message = "The server answered no JSON."
        raise SwitchboardError("unexpected_answer", message, status=answer.status_code) from None
