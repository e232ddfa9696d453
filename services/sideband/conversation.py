"""One side of the talk with the upstream: which frames to send for those received; no sockets here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from switchboard.domain.transcript.limits import ITEMS_MAX
from switchboard.domain.transcript.snapshot import label, number

from sideband import limits
from sideband.journal import Journal, Progress
from sideband.pinned import Guard

IGNORED = (
    b'{"type":"rate_limits.',
    b'{"type":"output_audio_buffer.',
    b'{"type":"response.output_audio.',
    b'{"type":"response.content_part.added',
    b'{"type":"response.created',
    b'{"type":"response.function_call_arguments.delta',
)
"""How frames begin that say nothing about the transcript, as the upstream writes them; others are parsed."""

BEGINS = b'{"type":"response.created'
"""One of them, which tells those who run tools when not to speak."""

BILLED = ("response.done", "conversation.item.input_audio_transcription.completed")
"""The events that tell of usage; `session.updated` tells whose."""


class HearsTools(Protocol):
    """Who runs the model's function calls."""

    def hear(self, event: Mapping[str, Any], now: float) -> None:
        """Take an event that is folded already."""

    def refused(self, error: Mapping[str, Any], now: float) -> None:
        """Take the `error` of a refused event; it may be another's."""


@dataclass(slots=True)
class Retrieval:
    """An item that we want to ask for: when, how often we have, and under which event id.

    `until_settled` tells an item whose end may have been missed from one of which nothing is known.
    """

    due: float
    until_settled: bool = False
    tries: int = 0
    event_id: str | None = None


class Conversation:
    """What was sent and is still to be answered on one call, across its connections.

    Attributes:
        expires_at: when the upstream will end the session, in seconds since the epoch; 0 while unknown.
        expired: the upstream has said that the session's time is up.
        heard_at: when the last word or tool was heard, on the clock of the events; 0 before the first.
        progress: the most that happened to the items since it was last reset.
        tools: who runs function calls, if the session has tools that hosts run.
    """

    __slots__ = (
        "_asked",
        "_guard",
        "_is_hushed",
        "_retrievals",
        "_transcription",
        "_update_id",
        "expired",
        "expires_at",
        "heard_at",
        "journal",
        "meter",
        "progress",
        "tools",
    )

    def __init__(
        self,
        journal: Journal,
        transcription: str | None,
        guard: Guard | None = None,
        meter: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self.journal = journal
        self.heard_at = 0.0
        self.meter = meter
        self.tools: HearsTools | None = None
        self._guard = guard
        self._is_hushed = False
        self.expired = False
        self.expires_at = 0
        self.progress = Progress.NOTHING
        self._transcription = transcription
        self._asked = 0
        self._update_id: str | None = None
        self._retrievals = {item_id: Retrieval(0.0) for item_id in journal.gaps}

    def opened(self, now: float) -> list[bytes]:
        """Return what to send on a new connection: it is deaf until the first `session.update`."""
        before, journal = self._retrievals, self.journal
        wanted = dict.fromkeys((*filter(journal.lacks, before), *journal.missing(unsettled=True)))
        self._retrievals = {
            item_id: Retrieval(
                now, not journal.lacks(item_id), before[item_id].tries if item_id in before else 0
            )
            for item_id in wanted
        }
        return [self._update(), *self.tend(now)]

    def take(self, frame: bytes, now: float) -> list[bytes]:
        """Fold one received frame; return what to send in answer."""
        if frame.startswith(IGNORED) and (self.tools is None or not frame.startswith(BEGINS)):
            return []
        try:
            event = orjson.loads(frame)
        except orjson.JSONDecodeError:
            event = _mended(frame)
        if not isinstance(event, dict):
            return []
        kind = event.get("type")
        if kind == "error":
            if self.tools is not None:
                self.tools.refused(_mapping(event, "error"), now)
            return self._refused(_mapping(event, "error"), now)
        if kind == "session.updated":
            if self.meter is not None:
                self.meter(event)
            return self._updated(_mapping(event, "session"), now)
        before = self.journal.transcript
        progress = self.journal.fold(event, now)
        if self.journal.transcript is not before:
            self.heard_at = now
        if self.meter is not None and kind in BILLED:
            self.meter(event)
        if progress:
            self.progress = max(self.progress, progress)
            self._want(now)
        if kind == "conversation.item.retrieved":
            self._retrievals.pop(label(_mapping(event, "item"), "id"), None)
        if self.tools is not None:
            self.tools.hear(event, now)
        return self.tend(now) if self._retrievals else []

    def wakes_at(self) -> float | None:
        """Return when `tend` has something to do, on the clock of the events; None for never."""
        if not self._retrievals:  # nearly always, and it is asked once a frame
            return None
        return min(retrieval.due for retrieval in self._retrievals.values())

    def tend(self, now: float) -> list[bytes]:
        """Return the retrieves that are due; items that were asked for in vain too often become lost."""
        due = [item_id for item_id, retrieval in self._retrievals.items() if retrieval.due <= now]
        if not due:
            return []
        under_way = sum(1 for item in self._retrievals.values() if item.event_id and item.due > now)
        frames = []
        for item_id in due:
            retrieval = self._retrievals[item_id]
            if not self._needs(item_id, retrieval):
                del self._retrievals[item_id]
            elif retrieval.tries >= limits.RETRIEVE_TRIES:
                self._lose(item_id, now)
            elif under_way >= limits.RETRIEVES:
                retrieval.due = now + limits.RETRIEVE_GRACE
            else:
                under_way += 1
                frames.append(self._retrieve(item_id, retrieval, now))
        return frames

    def hush(self) -> None:
        """Ask for nothing and correct nothing any more: another host does."""
        self._is_hushed = True
        self._guard = None
        self._retrievals.clear()

    def tear(self, name: str, now: float) -> None:
        """Something may have been said that nobody heard: mark the place."""
        self.journal.tear(name, now)
        self.progress = Progress.SETTLED

    def close(self, now: float) -> None:
        """The call is over: what is still missing is lost, what is unfinished stays as it is."""
        for item_id in filter(self.journal.lacks, list(self._retrievals)):
            self.journal.lose(item_id, now)
        self._retrievals.clear()
        self.journal.close(now)

    def _needs(self, item_id: str, retrieval: Retrieval) -> bool:
        if self.journal.lacks(item_id):
            return True
        return retrieval.until_settled and item_id in self.journal.missing(unsettled=True)

    def _want(self, now: float) -> None:
        """Plan to ask for items newly known to be missing; those beyond all measure are lost."""
        if self._is_hushed:
            return
        for item_id in self.journal.missing():
            if item_id in self._retrievals:
                continue
            if len(self._retrievals) < limits.RETRIEVALS:
                self._retrievals[item_id] = Retrieval(now + limits.RETRIEVE_GRACE)
            elif len(self.journal.transcript.items) < ITEMS_MAX:
                self._lose(item_id, now)

    def _retrieve(self, item_id: str, retrieval: Retrieval, now: float) -> bytes:
        retrieval.event_id = self._next_id()
        retrieval.tries += 1
        retrieval.due = now + limits.RETRIEVE_TIMEOUT
        return orjson.dumps(
            {"type": "conversation.item.retrieve", "event_id": retrieval.event_id, "item_id": item_id}
        )

    def _update(self) -> bytes:
        self._update_id = self._next_id()
        session: dict[str, Any] = {"type": "realtime"}
        if self._transcription:
            session["audio"] = {"input": {"transcription": {"model": self._transcription}}}
        return orjson.dumps({"type": "session.update", "event_id": self._update_id, "session": session})

    def _updated(self, session: Mapping[str, Any], now: float) -> list[bytes]:
        self.expires_at = number(session, "expires_at") or self.expires_at
        if self._guard is None:
            return []
        event_id = self._next_id()
        right = self._guard.correct(session, event_id, now)
        if right is None:
            return []
        return [orjson.dumps({"type": "session.update", "event_id": event_id, "session": right})]

    def _refused(self, error: Mapping[str, Any], now: float) -> list[bytes]:
        if error.get("code") == "session_expired":
            self.expired = True
        event_id = error.get("event_id")
        if event_id is None or (self._guard and self._guard.refused(event_id)):
            return []
        if event_id == self._update_id and self._transcription:
            self._transcription = None  # one refused field voids the whole update, and we stay deaf
            return [self._update()]
        for item_id, retrieval in list(self._retrievals.items()):
            if retrieval.event_id == event_id:
                if error.get("type") == "invalid_request_error":
                    self._lose(item_id, now)
                else:
                    retrieval.due = now + limits.RETRIEVE_GRACE
                return self.tend(now)
        return []

    def _lose(self, item_id: str, now: float) -> None:
        self._retrievals.pop(item_id, None)
        self.journal.lose(item_id, now)
        self.progress = Progress.SETTLED

    def _next_id(self) -> str:
        self._asked += 1
        return f"switchboard_{self._asked}"


def _mapping(source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def _mended(frame: bytes) -> Any:
    """Return what a frame with half of a character in it says, with a mark there; None if it is no JSON."""
    try:
        told = json.loads(frame.decode(errors="replace"))
        return orjson.loads(json.dumps(told, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        return None
