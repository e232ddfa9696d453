"""Conversations made up by Hypothesis: what was said, and the events by which the upstream would tell it."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Event = dict[str, Any]


@dataclass
class Said:
    """One item as the script has it; `snapshot` is the upstream's final picture of it."""

    id: str
    snapshot: dict[str, Any]
    text: str
    status: str = "completed"
    deleted: bool = False


@dataclass
class Upstream:
    """A conversation and the events it has sent. `items` is in the true order, also of deleted items."""

    items: list[Said] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    count: int = 0
    clock_ms: int = 0

    @property
    def live(self) -> list[Said]:
        return [said for said in self.items if not said.deleted]

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count}"

    def send(self, kind: str, **body: Any) -> None:
        self.events.append({"type": kind, "event_id": self.name("event"), **body})

    def place(self, said: Said, after: Said | None) -> str | None:
        """Put the item behind `after` (None: at the start) and return its predecessor's id."""
        self.items.insert(0 if after is None else self.items.index(after) + 1, said)
        return after.id if after else None

    def last(self) -> Said | None:
        return self.live[-1] if self.live else None

    def write(self, text: str, after: Said | None) -> None:
        """A client puts a written message into the conversation."""
        item_id = self.name("item")
        item = message(item_id, "user", [{"type": "input_text", "text": text}])
        previous = self.place(Said(item_id, item, text), after)
        self.send("conversation.item.added", previous_item_id=previous, item=item)
        self.send("conversation.item.done", previous_item_id=previous, item=item)

    def speak(self, text: str, outcome: str) -> None:
        """The user says something, and it is transcribed, or it fails, or nobody transcribes it."""
        item_id = self.name("item")
        self.clock_ms += 500
        self.send("input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=self.clock_ms)
        self.clock_ms += 700
        self.send("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=self.clock_ms)
        heard = message(item_id, "user", [{"type": "input_audio", "transcript": None}])
        final = message(item_id, "user", [{"type": "input_audio", "transcript": text}])
        said = Said(item_id, final, text)
        previous = self.place(said, self.last())
        self.send("input_audio_buffer.committed", previous_item_id=previous, item_id=item_id)
        self.send("conversation.item.added", previous_item_id=previous, item=heard)
        self.send("conversation.item.done", previous_item_id=previous, item=heard)
        self.transcribe(said, outcome)

    def transcribe(self, said: Said, outcome: str) -> None:
        prefix = "conversation.item.input_audio_transcription"
        for word in said.text.split():
            self.send(f"{prefix}.delta", item_id=said.id, content_index=0, delta=word)
        if outcome == "completed":
            self.send(f"{prefix}.completed", item_id=said.id, content_index=0, transcript=said.text)
        else:
            said.text, said.status, said.snapshot["content"][0]["transcript"] = "", "failed", None
            error = {"type": "server_error", "code": "audio_unintelligible", "message": "…"}
            self.send(f"{prefix}.failed", item_id=said.id, content_index=0, error=error)

    def respond(
        self, outputs: list[tuple[str, str]], ending: str, heard_ms: int | None, meanwhile: str = ""
    ) -> None:
        """The model answers with items, each (`audio`, `text` or `call`, words); the last may break off.

        `meanwhile` is what the user says before the last of them begins.
        """
        response_id = self.name("resp")
        self.send("response.created", response={"id": response_id, "status": "in_progress", "output": []})
        finished = []
        for index, (medium, words) in enumerate(outputs):
            whole = ending == "completed" or index < len(outputs) - 1
            if meanwhile and index == len(outputs) - 1:
                self.speak(meanwhile, "completed")
            ids = {"response_id": response_id, "output_index": index}
            finished.append(self.output(ids, medium, words, "completed" if whole else "incomplete"))
        response = {"id": response_id, "status": ending, "conversation_id": "conv_1"}
        self.send("response.done", response={**response, "output": [said.snapshot for said in finished]})
        if heard_ms is not None and outputs[-1][0] == "audio":
            finished[-1].status = "interrupted"
            cut = finished[-1].id
            self.send("conversation.item.truncated", item_id=cut, content_index=0, audio_end_ms=heard_ms)

    def output(self, ids: dict[str, Any], medium: str, words: str, status: str) -> Said:
        item_id = self.name("item")
        call = medium == "call"
        open_item = tool_call(item_id, "", "in_progress") if call else message(item_id, "assistant", [])
        open_item["status"] = "in_progress"
        last = self.last()
        said = Said(item_id, {}, words, status)
        previous = self.place(said, last)
        self.send("response.output_item.added", item=open_item, **ids)
        self.send("conversation.item.added", previous_item_id=previous, item=open_item)
        if call:
            said.snapshot = tool_call(item_id, words, status)
            body = {"item_id": item_id, "call_id": f"call_{item_id}", "name": "find", "arguments": words}
            self.send("response.function_call_arguments.done", **ids, **body)
        else:
            content = self.utter({**ids, "item_id": item_id, "content_index": 0}, medium, words)
            said.snapshot = {**message(item_id, "assistant", [content], status), "phase": "final_answer"}
        # The upstream's own fault, in every recording of it.
        stated = None if last is not None and self.items.index(last) == 0 else previous
        self.send("conversation.item.done", previous_item_id=stated, item=said.snapshot)
        self.send("response.output_item.done", item=said.snapshot, **ids)
        return said

    def utter(self, ids: dict[str, Any], medium: str, words: str) -> dict[str, str]:
        """Send the words of one part and return it as an item's content has it."""
        key = "transcript" if medium == "audio" else "text"
        kind = "response.output_audio_transcript" if medium == "audio" else "response.output_text"
        self.send("response.content_part.added", part={"type": medium, key: ""}, **ids)
        for word in words.split():
            self.send(f"{kind}.delta", delta=word, **ids)
        self.send(f"{kind}.done", **{key: words}, **ids)
        self.send("response.content_part.done", part={"type": medium, key: words}, **ids)
        return {"type": f"output_{medium}", key: words}

    def answer_tool(self, output: str) -> None:
        """A client answers the last tool call."""
        item_id, last = self.name("item"), self.last()
        item = {"id": item_id, "type": "function_call_output", "call_id": "call_1", "output": output}
        previous = self.place(Said(item_id, item, output), last)
        self.send("conversation.item.added", previous_item_id=previous, item=item)
        self.send("conversation.item.done", previous_item_id=previous, item=item)

    def delete(self, said: Said) -> None:
        said.deleted = True
        self.send("conversation.item.deleted", item_id=said.id)


def message(item_id: str, role: str, content: list[Any], status: str = "completed") -> dict[str, Any]:
    """A message as the upstream shows it."""
    return {"id": item_id, "type": "message", "status": status, "role": role, "content": content}


def tool_call(item_id: str, arguments: str, status: str) -> dict[str, Any]:
    """A function call as the upstream shows it."""
    call = {"name": "find", "call_id": f"call_{item_id}", "arguments": arguments}
    return {"id": item_id, "type": "function_call", "status": status, **call}


_WORDS = st.lists(st.sampled_from(["yes", "no", "maybe", "Ωmega", "twelve", "rain"]), min_size=1, max_size=5)
_TEXT = _WORDS.map(" ".join)
_OUTPUTS = st.lists(st.tuples(st.sampled_from(["audio", "text", "call"]), _TEXT), min_size=1, max_size=3)
_ENDINGS = st.sampled_from(["completed", "completed", "cancelled", "incomplete", "failed"])


@st.composite
def conversations(draw: st.DrawFn, *, edited: bool = True) -> Upstream:
    """A conversation of up to eight steps.

    `edited` also inserts and deletes items anywhere in it, and lets the user speak in the midst of a reply.
    """
    upstream = Upstream()
    steps = ["speak", "write", "respond", "respond", "answer"] + ["insert", "delete"] * edited
    for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=8)):
        if step == "speak":
            upstream.speak(draw(_TEXT), draw(st.sampled_from(["completed", "completed", "failed"])))
        elif step == "write":
            upstream.write(draw(_TEXT), upstream.last())
        elif step == "respond":
            heard = draw(st.none() | st.integers(0, 5000))
            meanwhile = draw(st.just("") | _TEXT) if edited else ""
            upstream.respond(draw(_OUTPUTS), draw(_ENDINGS), heard, meanwhile)
        elif step == "answer":
            upstream.answer_tool(draw(_TEXT))
        elif step == "insert":
            upstream.write(draw(_TEXT), draw(st.sampled_from([None, *upstream.live])))
        elif upstream.live:
            upstream.delete(draw(st.sampled_from(upstream.live)))
    return upstream


def lineage(event: Event) -> tuple[str, str | None] | None:
    """Return (item id, predecessor's id) if the event tells an item's place."""
    if event["type"] == "conversation.item.added":
        return event["item"]["id"], event["previous_item_id"]
    if event["type"] == "input_audio_buffer.committed":
        return event["item_id"], event["previous_item_id"]
    return None


@st.composite
def disorders(draw: st.DrawFn, events: list[Event]) -> list[Event]:
    """Any order of the events, some repeated and some deltas dropped; siblings stay in their order."""
    numbered = list(enumerate(events))
    repeats = draw(st.lists(st.sampled_from(numbered), max_size=10)) if numbered else []
    dropped = draw(st.sets(st.integers(0, len(events))))
    kept = [(n, event) for n, event in numbered if n not in dropped or not event["type"].endswith(".delta")]
    shuffled = draw(st.permutations(kept + repeats))
    places: dict[str | None, list[int]] = {}
    for place, (_, event) in enumerate(shuffled):
        told = lineage(event)
        if told is not None:
            places.setdefault(told[1], []).append(place)
    result = [event for _, event in shuffled]
    for siblings in places.values():
        in_order = sorted((shuffled[place] for place in siblings), key=lambda numbered: numbered[0])
        for place, (_, event) in zip(siblings, in_order, strict=True):
            result[place] = event
    return result
