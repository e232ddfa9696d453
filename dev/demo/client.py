"""The two sides of the demo: our API as a front end sees it, and the simulator as a browser meets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import yaml

OFFER = (Path(__file__).parent / "offer.sdp").read_text()
PATIENCE_S = 40.0
"""Longer than API Gateway's 29 s: the API's own error is worth waiting for."""


class DemoFailed(Exception):
    """Something did not happen as the story says."""


class FrontEnd:
    """Calls the API with one guest's token."""

    def __init__(self, api_url: str) -> None:
        self.http = httpx.Client(base_url=api_url, timeout=PATIENCE_S)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        """Return the answer. Raise DemoFailed with the API's error."""
        answer = self.http.request(method, path, json=body, params=query)
        if token := answer.headers.get("x-guest-token"):
            self.http.headers["x-guest-token"] = token
        if answer.is_error:
            raise DemoFailed(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return dict(answer.json())

    def transcript(self, session_id: str) -> list[dict[str, Any]]:
        """Return every item of the session's transcript, page by page."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            page = self.ask("GET", f"/session/{session_id}/transcript", limit=100, **cursor)
            items += page["items"]
            if page["cursor"] is None:
                return items
            cursor = {"cursor": page["cursor"]}


class Browser:
    """Places calls with a client secret, as a browser would, and knows what was truly said in them."""

    def __init__(self, simulator_url: str) -> None:
        self._http = httpx.Client(base_url=simulator_url, timeout=PATIENCE_S)

    def call(self, client_secret: str, script: str) -> str:
        """Place a call that plays the script `<script>.yaml` of this folder; return the call's id."""
        talk = yaml.safe_load((Path(__file__).parent / f"{script}.yaml").read_text())
        self._http.put(f"/_simulator/scripts/{talk['name']}", json=talk).raise_for_status()
        return self.call_named(client_secret, talk["name"])

    def call_named(self, client_secret: str, script: str) -> str:
        """Place a call that plays a script which the simulator knows; return the call's id."""
        headers = {
            "Authorization": f"Bearer {client_secret}",
            "Content-Type": "application/sdp",
            "X-Simulator-Script": script,
        }
        answer = self._http.post("/v1/realtime/calls", content=OFFER, headers=headers)
        if answer.status_code != httpx.codes.CREATED:
            raise DemoFailed(f"the call was refused with {answer.status_code}: {answer.text}")
        return str(answer.headers["location"]).rsplit("/", 1)[1]

    def look(self, call_id: str) -> dict[str, Any]:
        """Return the simulator's own view of a call."""
        return dict(self._http.get(f"/_simulator/calls/{call_id}").raise_for_status().json())
