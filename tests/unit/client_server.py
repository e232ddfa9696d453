"""A server for tests of the Python client: it answers as told, and nothing leaves the process."""

from __future__ import annotations

from typing import Any

import httpx
from switchboard_client import Client


class Server:
    """Answers as told, and remembers what it was asked; `pauses` are those that the client made."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.chance = 0.0

    def client(self, **who: Any) -> Client:
        transport = httpx.MockTransport(self._answer)
        return Client(
            "https://api.test",
            transport=transport,
            wait=self.pauses.append,
            chance=lambda: self.chance,
            **who,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else httpx.Response(200, json={"path": request.url.path})


def refusal(status: int, code: str, **more: Any) -> httpx.Response:
    error = {"code": code, "message": "Not now.", "request_id": "req_1", **more}
    return httpx.Response(status, json={"error": error})
