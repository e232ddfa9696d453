"""What is said with the upstream about function calls: which to run, what to tell, when to ask; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

import orjson
from switchboard.domain.transcript.snapshot import label, mapping, sequence

from sideband import limits
from sideband.tool_words import INTERRUPTED, Asked, asked_of, is_aside, newest, output_frame, output_id

SOMEBODY = "?"
"""The response that is under way, when the upstream has told that there is one, and not which."""


@dataclass(slots=True)
class Round:
    """The function calls of one response: ours that are not told yet, and those that others are to run.

    `owed` says that the model has been told something and was not asked to go on since.
    """

    open: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    owed: bool = False
    told_at: float = 0.0


@dataclass(slots=True)
class Told:
    """An output, from when it is there until the upstream has it. `event_id` is that of the last sending."""

    output: str
    round: Round | None
    event_id: str | None = None


HEARD = frozenset(
    (
        "response.created",
        "response.done",
        "response.output_item.done",
        "conversation.item.added",
        "conversation.item.retrieved",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
    )
)
"""The events that say anything about function calls, or about when to speak."""


class ToolTalk:
    """The state of all function calls of one call.

    Args:
        granted: names of the tools that this session was given; no other call is ours.
        is_models: tells whether an item, by its id, is known to be a response's output.
    """

    __slots__ = (
        "_active",
        "_adopted",
        "_asides",
        "_asking",
        "_granted",
        "_held",
        "_is_models",
        "_made",
        "_numbers",
        "_outputs",
        "_rounds",
        "_seen",
    )

    def __init__(self, granted: Collection[str], is_models: Callable[[str], bool]) -> None:
        self._granted = frozenset(granted)
        self._is_models = is_models
        self._seen: dict[str, Round | None] = {}
        self._adopted: set[str] = set()
        self._made: dict[str, Asked] = {}
        self._asides: dict[str, None] = {}
        self._rounds: dict[str, Round] = {}
        self._outputs: dict[str, Told] = {}
        self._active: tuple[str, float] | None = None
        self._asking: tuple[str, float] | None = None
        self._held = 0.0
        self._numbers = 0

    def hear(self, event: Mapping[str, Any], now: float) -> list[Asked]:
        """Take one event; return the function calls that are to be run."""
        kind = event.get("type")
        if kind == "response.done":
            return self._ended(mapping(event, "response"), now)
        if kind == "response.created":
            self._began(mapping(event, "response"), now)
        elif kind == "response.output_item.done":
            self._whole(event)
        elif kind == "conversation.item.added":
            self._appeared(mapping(event, "item"), now)
        elif kind == "conversation.item.retrieved":
            return self._retrieved(mapping(event, "item"))
        elif kind == "input_audio_buffer.speech_started":
            self._held = now + limits.SPEECH_LONGEST
        elif kind == "input_audio_buffer.speech_stopped":
            self._held = now + limits.TURN_GRACE
        return []

    def is_taken(self, tool_call_id: str) -> bool:
        """True for a function call that is ours to answer."""
        return tool_call_id in self._seen

    def refused(self, error: Mapping[str, Any], now: float) -> str | None:
        """Return what of ours an `error` event refuses: `output`, `response`, or None if it is not ours."""
        event_id = error.get("event_id")
        if self._asking is not None and event_id == self._asking[0]:
            self._asking = None
            if error.get("code") == "conversation_already_has_active_response":
                self._active = self._active or (SOMEBODY, now)
                return None
            for each in self._rounds.values():
                each.owed = False
            return "response"
        for tool_call_id, told in list(self._outputs.items()):
            if told.event_id == event_id:
                self._tell(tool_call_id, now, owed=tool_call_id not in self._adopted)
                return "output"
        return None

    def resume(self, unanswered: Iterable[Asked] = ()) -> list[Asked]:
        """A new connection is open, or another host's call is ours: return the calls that are to be run.

        What was under way may have ended unheard. A response that we had asked for counts as made: to ask
        twice is worse. An output of which nobody knows whether it arrived is sent again, under the same id.
        """
        if self._asking is not None:
            for each in self._rounds.values():
                each.owed = False
        self._active = self._asking = None
        self._held = 0.0
        for told in self._outputs.values():
            told.event_id = None
        missed, self._made = list(self._made.values()), {}
        return self._take([*unanswered, *missed])

    def adopt(self, begun: Asked) -> bool:
        """Take a function call that a host before us has begun; return False if it is taken already.

        If the upstream refuses its output, that host has told it, and asked the model to go on.
        """
        self._adopted.add(begun.tool_call_id)
        return bool(self._take([begun]))

    def answer(self, tool_call_id: str, output: str, *, asks: bool = True) -> None:
        """The function call is over; without `asks` the model is told, and not asked to go on."""
        each = self._seen.get(tool_call_id)
        if each is not None:
            if not asks:
                each.open.discard(tool_call_id)
            self._outputs[tool_call_id] = Told(output, each if asks else None)

    def due(self, now: float) -> list[bytes]:
        """Return the frames to send by now, each once."""
        frames = []
        for tool_call_id, told in self._outputs.items():
            if told.event_id is None:
                told.event_id = self._next_id()
                frames.append(output_frame(tool_call_id, told.output, told.event_id))
        if self._asks_at() <= now:
            self._asking = (self._next_id(), now)
            frames.append(orjson.dumps({"type": "response.create", "event_id": self._asking[0]}))
        return frames

    def wakes_at(self) -> float | None:
        """Return when `due` may have something; None for not before something is heard."""
        if any(told.event_id is None for told in self._outputs.values()):
            return 0.0
        when = self._asks_at()
        return when if when < inf else None

    def _asks_at(self) -> float:
        """Return when to ask the model to go on: not before others' tools, nor into anybody's words."""
        if self._asking is not None:
            return inf
        ready = [
            each.told_at + (limits.OTHERS_PATIENCE if each.others else 0.0)
            for each in self._rounds.values()
            if each.owed and not each.open
        ]
        if not ready:
            return inf
        free = self._active[1] + limits.RESPONSE_LONGEST if self._active else 0.0
        return max(min(ready), self._held, free)

    def _began(self, response: Mapping[str, Any], now: float) -> None:
        if is_aside(response):
            self._asides = newest({**self._asides, label(response, "id"): None}, limits.RESPONSES_OPEN)
            return
        self._active = (label(response, "id") or SOMEBODY, now)
        self._asking = None
        for each in self._rounds.values():
            each.owed = False  # whoever has asked: the model knows all that was told
        self._rounds = {name: each for name, each in self._rounds.items() if each.open}

    def _ended(self, response: Mapping[str, Any], now: float) -> list[Asked]:
        response_id = label(response, "id")
        made = [asked for asked in self._made.values() if asked.response_id == response_id]
        self._made = {name: asked for name, asked in self._made.items() if asked.response_id != response_id}
        if is_aside(response):
            self._asides.pop(response_id, None)
            return []
        self._active = None
        for item in sequence(response, "output"):
            if isinstance(item, Mapping) and item.get("status") == "completed":
                made += filter(None, [asked_of(item, response_id)])
        if response.get("status") in ("completed", "incomplete"):
            return self._take(made)
        for asked in made:
            if asked.name in self._granted and asked.tool_call_id not in self._seen:
                self._seen[asked.tool_call_id] = None
                self._outputs[asked.tool_call_id] = Told(INTERRUPTED, None)
        return []

    def _whole(self, event: Mapping[str, Any]) -> None:
        """Note a whole function call, should the end of its response be missed."""
        item, response_id = mapping(event, "item"), label(event, "response_id")
        asked = asked_of(item, response_id) if response_id not in self._asides else None
        if asked is not None and asked.name in self._granted and item.get("status") == "completed":
            self._made = newest({**self._made, label(item, "id"): asked}, limits.TOOLS_MADE)

    def _retrieved(self, item: Mapping[str, Any]) -> list[Asked]:
        """Anybody may have made an item that we ask for; what a response is known to have said counts."""
        asked = asked_of(item, label(item, "id"))
        if asked is None or item.get("status") != "completed" or not self._is_models(label(item, "id")):
            return []
        return self._take([asked])

    def _appeared(self, item: Mapping[str, Any], now: float) -> None:
        if item.get("type") != "function_call_output":
            return
        tool_call_id = label(item, "call_id")
        if label(item, "id") == output_id(tool_call_id):
            self._tell(tool_call_id, now)
        for each in self._rounds.values():
            each.others.discard(tool_call_id)

    def _take(self, made: Iterable[Asked]) -> list[Asked]:
        ours = []
        for asked in made:
            if asked.name not in self._granted:
                self._rounds.setdefault(asked.response_id, Round()).others.add(asked.tool_call_id)
            elif asked.tool_call_id not in self._seen:
                each = self._rounds.setdefault(asked.response_id, Round())
                each.open.add(asked.tool_call_id)
                self._seen[asked.tool_call_id] = each
                ours.append(asked)
        self._rounds = {name: each for name, each in self._rounds.items() if each.open or each.owed}
        return ours

    def _tell(self, tool_call_id: str, now: float, *, owed: bool = True) -> None:
        """The upstream has the output, or will not take it."""
        told = self._outputs.pop(tool_call_id, None)
        if told is not None and told.round is not None:
            told.round.open.discard(tool_call_id)
            if owed:
                told.round.owed, told.round.told_at = True, now

    def _next_id(self) -> str:
        self._numbers += 1
        return f"switchboard_tool_{self._numbers}"
