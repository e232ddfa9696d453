"""An upstream that remembers what was said on each call, who listened when, and which hosts died of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import orjson
from sideband.line import Listener
from sideband.socket import Refused
from switchboard.domain.secret import Credential

from dev.chaos import limits, truth
from tests.unit.sideband_events import Event, appeared, committed, done, error, retrieved, transcribed
from tests.unit.sideband_world import FakeSocket


@dataclass
class Said:
    """One item, and when the first and the last news of it went out.

    `cut` replies were interrupted. What `is_put_in` stands before what was said earlier.
    """

    item_id: str
    kind: str
    words: str
    previous: str | None
    first: float = 0.0
    last: float = 0.0
    is_over: bool = False
    cut: bool = False
    is_put_in: bool = False

    def begins(self) -> list[Event]:
        if self.kind == "user":
            return [committed(self.item_id, self.previous)]
        if self.kind == "tool":
            return [_tool(self, "in_progress", "conversation.item.added")]
        return [appeared(self.item_id, self.previous)]

    def ends(self) -> list[Event]:
        if self.kind == "user":
            return [transcribed(self.item_id, self.words)]
        if self.kind == "tool":
            return [_tool(self, "completed", "conversation.item.done")]
        events = [done(self.item_id, self.previous, self.words)]
        if self.cut:
            events.append({"type": "conversation.item.truncated", "item_id": self.item_id, "audio_end_ms": 1})
        return events

    def retrieved(self) -> Event:
        """The upstream's answer to who asks for it: of what was cut off it keeps no words."""
        if self.kind == "tool":
            return _tool(self, "completed" if self.is_over else "in_progress", "conversation.item.retrieved")
        event = retrieved(self.item_id, self.words)
        item = event["item"]
        words = self.words if self.is_over and not self.cut else None
        medium = "input_audio" if self.kind == "user" else "output_audio"
        item["content"] = [{"type": medium, "transcript": words}]
        item["role"] = "user" if self.kind == "user" else "assistant"
        item["status"] = "completed" if self.is_over or self.kind == "user" else "in_progress"
        return event


def _tool(said: Said, status: str, kind: str) -> Event:
    body = {"id": said.item_id, "type": "function_call", "status": status, "name": "look", "call_id": "c"}
    item = {**body, "arguments": said.words if status == "completed" else ""}
    return {"type": kind, "previous_item_id": said.previous, "item": item}


def _item_of(event: Event) -> str:
    """Return the id of the item that an event tells of; empty if of none."""
    name: str = event.get("item_id") or event.get("item", {}).get("id", "")
    return name


class Line(FakeSocket):
    """A sideband of one host on a call."""

    def __init__(self, credential: Credential, call: Conversation, host: str) -> None:
        super().__init__(credential)
        self.host = host
        self.since: float | None = None
        self.until: float | None = None
        self.cut = False
        self._call = call
        self._is_dead = False

    @property
    def hears(self) -> bool:
        return self.since is not None and self.until is None

    def unread(self) -> set[str]:
        """Return the items that what waits to be read tells of."""
        events = [orjson.loads(frame) for frame in self._frames if isinstance(frame, bytes)]
        return {_item_of(event) for event in events}

    def over(self, *, cut: bool = False) -> None:
        """Nothing more is heard on it."""
        if self.until is None:
            self.until, self.cut = asyncio.get_running_loop().time(), cut

    async def send(self, frame: bytes) -> None:
        if self.until is not None:
            return
        await super().send(frame)
        event = self.sent[-1]
        if event["type"] == "session.update" and self.since is None:
            self.since = asyncio.get_running_loop().time()
        elif event["type"] == "conversation.item.retrieve":
            said = self._call.find(event["item_id"])
            self.say(error(event["event_id"], "item_not_found") if said is None else said.retrieved())

    async def close(self) -> None:
        self.over()
        await super().close()

    def attend(self, listener: Listener | None) -> None:
        super().attend(None if self._is_dead else listener)

    def die(self, at: float) -> None:
        """Nobody is at our end any more."""
        self._is_dead = True
        self.attend(None)
        if self.until is None:
            self.until = at


@dataclass
class Conversation:
    """What was said on one call, and who listened. `unsaved` are words that died with their host."""

    begun: float = 0.0
    said: list[Said] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    is_over: bool = False
    deaths: list[float] = field(default_factory=list)
    unsaved: set[str] = field(default_factory=set)
    held: list[Event] = field(default_factory=list)

    def find(self, item_id: str) -> Said | None:
        return next((said for said in self.said if said.item_id == item_id), None)

    def tell(self, events: list[Event], how: str) -> None:
        """Tell all listeners; `how` is plain, twice, or swapped: then the first waits for what comes next."""
        late, self.held = self.held, []
        for name in map(_item_of, late):
            if said := self.find(name):
                said.last = asyncio.get_running_loop().time()
        if how == "swapped" and not late:
            self.held, events = events[:1], events[1:]
        for line in self.lines:
            if line.hears:
                line.say(*(events * 2 if how == "twice" else events), *late)

    def truth(self, shown: Collection[str]) -> list[truth.Line]:
        """Return what was said; on a call with an item put in, less what was neither heard nor is `shown`.

        A gap marks a time: what is put in elsewhere meanwhile is not in it, and at its edge denies it.
        """
        listeners = self._listeners()
        lines = [
            truth.Line(
                said.item_id,
                None if said.kind == "tool" else said.words if said.is_over else None,
                said.words,
                ("look", said.words) if said.kind == "tool" and said.is_over else (),
                self._is_heard(said, listeners),
            )
            for said in self.said
        ]
        return [
            line
            for line in lines
            if line.heard or line.item_id in shown or not any(said.is_put_in for said in self.said)
        ]

    @property
    def was_heard_throughout(self) -> bool:
        """True if one and the same line was there before the first word and after the last."""
        lines = [line for line in self.lines if line.since is not None]
        if len(lines) != 1 or not self.said:
            return False
        [line] = lines
        first, last = min(said.first for said in self.said), max(said.last for said in self.said)
        return line.since is not None and line.since < first and (line.until is None or line.until > last)

    @property
    def is_whole(self) -> bool:
        """True while everything that was said is over and was heard."""
        listeners = self._listeners()
        return all(self._is_heard(said, listeners) for said in self.said)

    def _listeners(self) -> list[dict[str, Any]]:
        return [
            {"since": line.since, "until": line.until, "cut": line.cut}
            for line in self.lines
            if line.since is not None
        ]

    def _is_heard(self, said: Said, listeners: list[dict[str, Any]]) -> bool:
        if not said.is_over or said.item_id in self.unsaved:
            return False
        return truth.was_heard((said.first, said.last), listeners, self.deaths)


class Upstream:
    """Calls by id. `may_hang_up` tells whether a call may be ended by a host."""

    def __init__(self, may_hang_up: Callable[[str], bool]) -> None:
        self.calls: dict[str, Conversation] = {}
        self._may_hang_up = may_hang_up

    def begin(self, call_id: str) -> None:
        self.calls[call_id] = Conversation(asyncio.get_running_loop().time())

    async def connect(self, call_id: str, credential: Credential, host: str) -> Line:
        await asyncio.sleep(0.01)
        call = self.calls.get(call_id)
        if call is None or call.is_over:
            raise Refused(404)
        line = Line(credential, call, host)
        call.lines.append(line)
        return line

    def hang_up(self, call_id: str, credential: Credential | None = None) -> None:
        assert self._may_hang_up(call_id), "a call was hung up that goes on"
        self.finish(call_id)

    def release(self) -> None:
        """Send what waited to be overtaken."""
        for call in self.calls.values():
            call.tell([], "plain")

    def finish(self, call_id: str) -> None:
        """The call is over, for whatever reason."""
        self.calls[call_id].tell([], "plain")
        self.calls[call_id].is_over = True
        self.drop(call_id, 1000, cut=False)

    def drop(self, call_id: str, code: int, *, cut: bool = True) -> None:
        """Break every connection of a call."""
        for line in self.calls[call_id].lines:
            if line.until is None:
                line.over(cut=cut)
                line.hang(code)

    def died(self, host: str, at: float, unsaved: set[str]) -> None:
        """A host is gone: it hears nothing any more, and what it has not written is lost."""
        for call in self.calls.values():
            lines = [line for line in call.lines if line.host == host]
            if any(line.until is None or line.until > at - limits.DURABLE_WITHIN for line in lines):
                call.deaths.append(at)
            if lines:
                call.unsaved |= unsaved
            for line in lines:
                line.die(at)

    def begin_item(self, call_id: str, kind: str, how: str, place: int | None = None) -> Said:
        """Somebody begins to speak, or a tool is asked for; or a client puts something in at that place."""
        call, at = self.calls[call_id], asyncio.get_running_loop().time()
        place = len(call.said) if place is None else place % (len(call.said) + 1)
        previous = call.said[place - 1].item_id if place else None
        name = f"{call_id}_item{len(call.said)}"
        said = Said(name, kind, f"Words {len(call.said)}.", previous, at, at)
        said.is_put_in = place < len(call.said)
        call.said.insert(place, said)
        call.tell(said.begins(), how)
        return said

    def end_item(self, call_id: str, said: Said, how: str, cut: bool = False) -> None:
        """What was begun is whole."""
        if not said.is_over:
            said.is_over, said.cut = True, cut and said.kind == "reply"
            said.last = asyncio.get_running_loop().time()
            self.calls[call_id].tell(said.ends(), how)
