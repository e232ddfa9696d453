"""A session's live transcript: server-sent events, read over as many streams as it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import httpx

from switchboard_client.errors import SwitchboardError
from switchboard_client.transport import Transport

Json = dict[str, Any]
SILENCE_S = 40.0
"""A stream that is silent for so long is dead: the server says something every 15 s."""
FIRST_S = 1.0
"""Pause before a stream is opened again, doubling while streams bring nothing."""
LONGEST_S = 15.0
"""Longest such pause."""

LINE_END = re.compile(r"\r\n|\n|\r(?!$)")
"""A CR at the end of a piece may be the first half of an end."""


def follow(transport: Transport, session_id: str, last_event_id: str | None) -> Iterator[Json]:
    """Yield `{"type": "item", "id", "item"}`, and `{"type": "end", "id", …}` once. Raise SwitchboardError.

    A stream that breaks is opened again where it broke; what cannot heal is raised.
    """
    last, pause = last_event_id, FIRST_S
    while True:
        try:
            for event in _one(transport, session_id, last):
                last, pause = event["id"] or last, FIRST_S
                yield {**event, "id": last}
                if event["type"] == "end":
                    return
        except SwitchboardError as error:
            if not error.may_heal:
                raise
            pause = max(pause, error.retry_after or 0)
        transport.pause(pause)
        pause = min(2 * pause, LONGEST_S)


def _one(transport: Transport, session_id: str, last: str | None) -> Iterator[Json]:
    """Yield the events of one stream until it closes."""
    headers = {"accept": "text/event-stream", **({"last-event-id": last} if last else {})}
    path = f"/session/{quote(session_id, safe='')}/transcript/stream"
    with transport.stream(path, headers, SILENCE_S) as answer:
        if answer.status_code == httpx.codes.NO_CONTENT:
            yield {"type": "end", "id": "end", "sessionId": session_id, "status": "ended"}
            return
        for name, event_id, data in events(lines(answer.iter_text())):
            if name == "item":
                yield {"type": "item", "id": event_id, "item": data}
            elif name == "end":
                yield {"type": "end", "id": event_id, **data}


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the lines of text that is cut anywhere. Words may hold breaks that end none, such as U+2028."""
    rest = ""
    for piece in pieces:
        *whole, rest = LINE_END.split(rest + piece)
        yield from whole


def events(lines: Iterable[str]) -> Iterator[tuple[str, str | None, Json]]:
    """Yield (name, id, data) of each event; comments, and events whose data is no object, are passed over."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            fields[name] = f"{fields[name]}\n{value}" if name == "data" and "data" in fields else value
            continue
        try:
            data = json.loads(fields.get("data", ""))
        except ValueError:
            data = None
        if isinstance(data, dict):
            yield fields.get("event", "message"), fields.get("id"), data
        fields = {}
