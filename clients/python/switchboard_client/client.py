"""The API's operations as methods; answers are the server's JSON, as the OpenAPI document describes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

from switchboard_client import stream
from switchboard_client.errors import SwitchboardError
from switchboard_client.transport import ANSWER_S, Token, Transport

Json = dict[str, Any]
POLL_S = 1.0
"""Between looks at an extraction that still runs."""
PATIENCE_S = 900.0
"""For an extraction: the longest transcripts take some minutes."""
PAGE = 500
"""Items in one page of a transcript: the most that the server gives."""


@dataclass(frozen=True)
class Placed:
    """A relayed call and the SDP answer to its offer."""

    call_id: str
    answer: str


class Client:
    """A backend as one caller sees it; close it, or use it in `with`.

    Args:
        base_url: where the API is, such as `https://api.example.com`.
        api_key: that of a service; or
        token: a user's, or a function that returns a fresh one, given the one that was just refused; or
        guest_token: of a guest. Without any of them, a new guest.
        timeout: seconds for one answer.
        more: what tests put in the place of network, pauses and chance.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        token: Token | None = None,
        guest_token: str | None = None,
        timeout: float = ANSWER_S,
        **more: Any,
    ) -> None:
        who: dict[str, Any] = {"api_key": api_key, "token": token, "guest_token": guest_token}
        self.transport = Transport(base_url, timeout=timeout, **who, **more)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def guest_token(self) -> str | None:
        """Who this guest is, once the server has said so; a client that is given it is the same guest."""
        return self.transport.guest_token

    def close(self) -> None:
        """Close the connections."""
        self.transport.http.close()

    def create_session(
        self,
        *,
        model: str | None = None,
        voice: str | None = None,
        enable_transcription: bool | None = None,
        instructions: str | None = None,
        reset: str | None = None,
        mode: Literal["direct", "relay"] | None = None,
        tools: list[Json] | None = None,
    ) -> Json:
        """Open a session, or refresh one that `reset` names."""
        fields = {
            "model": model,
            "voice": voice,
            "enableTranscription": enable_transcription,
            "instructions": instructions,
            "reset": reset,
            "mode": mode,
            "tools": tools,
        }
        body = {name: value for name, value in fields.items() if value is not None}
        return self.transport.ask("POST", "/session", body)

    def attach_call(self, session_id: str, call_id: str) -> Json:
        """Name the session's current call; the sideband follows it."""
        body = {"sessionId": session_id, "callId": call_id}
        return self.transport.ask("POST", "/session/call", body, repeatable=True)

    def relay_call(self, ticket: str, offer: str) -> Placed:
        """Place a call through the relay, with the ticket of a session in relay mode."""
        answer = self.transport.post_sdp("/realtime/calls", ticket, offer)
        return Placed(answer.headers.get("location", "").rpartition("/")[2], answer.content.decode())

    def renew_session(self, session_id: str) -> Json:
        """Get a new secret or ticket, with instructions that carry the talk so far."""
        return self.transport.ask("POST", "/session/renew", {"sessionId": session_id}, repeatable=True)

    def get_session(self, session_id: str) -> Json:
        """Show the session, its calls and its audit."""
        return self.transport.ask("GET", f"/session/{_part(session_id)}")

    def get_transcript(self, session_id: str, *, cursor: str | None = None, limit: int | None = None) -> Json:
        """Show one page of what was said; `cursor` is what the page before named."""
        query = {"cursor": cursor, "limit": limit}
        return self.transport.ask("GET", f"/session/{_part(session_id)}/transcript", query=query)

    def transcript(self, session_id: str) -> Iterator[Json]:
        """Yield every item of the transcript as it is now, page by page."""
        cursor: str | None = None
        while True:
            page = self.get_transcript(session_id, cursor=cursor, limit=PAGE)
            yield from page["items"]
            cursor = page["cursor"]
            if cursor is None:
                return

    def stream_transcript(self, session_id: str, *, last_event_id: str | None = None) -> Iterator[Json]:
        """Yield what is said as it settles: `{"type": "item", "id", "item"}`, and at the end of the session
        `{"type": "end", "id", …}`. `last_event_id` is where an earlier stream ended.
        """
        return stream.follow(self.transport, session_id, last_event_id)

    def extract_profile(self, session_id: str, *, schema: Json | None = None) -> Json:
        """Read the transcript into a profile; the answer may be `running` still."""
        body = {"sessionId": session_id, **({"schema": schema} if schema is not None else {})}
        return self.transport.ask("POST", "/extract-profile", body, repeatable=True)

    def get_extraction(self, extraction_id: str) -> Json:
        """Show an extraction."""
        return self.transport.ask("GET", f"/extract-profile/{_part(extraction_id)}")

    def profile(self, session_id: str, *, schema: Json | None = None, patience: float = PATIENCE_S) -> Json:
        """Read the transcript into a profile, and wait until it is there.

        Raise SwitchboardError `timeout` if it is not there after `patience` seconds.
        """
        until = monotonic() + patience
        answer = self.extract_profile(session_id, schema=schema)
        while answer["status"] == "running":
            if monotonic() > until:
                raise SwitchboardError("timeout", "The transcript was not read in time.", details=answer)
            self.transport.pause(POLL_S)
            answer = self.get_extraction(answer["extractionId"])
        return answer

    def end_session(self, session_id: str) -> Json:
        """Hang up and end the session; ending it again changes nothing."""
        return self.transport.ask("POST", f"/session/{_part(session_id)}/end", repeatable=True)

    def call(self, operation: str, **fields: Any) -> Json:
        """Ask for any operation of the API by its name in the OpenAPI document, with fields as named there.

        The answer must be JSON: the text agent's answers are streams. Raise KeyError for a name that the
        document does not have.
        """
        method, path, inner = self._operations[operation]
        for name in inner:
            path = path.replace(f"{{{name}}}", _part(str(fields.pop(name))))
        if method in ("GET", "DELETE"):
            return self.transport.ask(method, path, query=fields)
        return self.transport.ask(method, path, fields)

    @cached_property
    def _operations(self) -> dict[str, tuple[str, str, list[str]]]:
        document = self.transport.ask("GET", "/openapi.json")
        return {
            operation["operationId"]: (
                method.upper(),
                path,
                [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"],
            )
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }


def _part(name: str) -> str:
    """Return a name as one part of a path, whatever it holds."""
    return quote(name, safe="")
