"""One response as upstream tells it: created, items, parts, deltas, done. No time, no I/O."""

import re
from dataclasses import dataclass, field

from dev.simulator import usage
from dev.simulator.chance import Chance
from dev.simulator.conversation import Conversation, Emit, Item
from dev.simulator.wire import Json

_TOKEN = re.compile(r"\s*(?:\w+|[^\w\s])|\s+$")


def tokens(text: str) -> list[str]:
    """Text in the pieces in which deltas carry it: words with their leading blank, marks alone."""
    return _TOKEN.findall(text)


@dataclass(frozen=True)
class ResponseOptions:
    """What a `response.create` may override."""

    modality: str = "audio"
    out_of_band: bool = False
    metadata: Json | None = None
    max_output_tokens: int | str = "inf"


@dataclass
class _Open:
    """The output item being written."""

    item: Item
    index: int
    said: list[str] = field(default_factory=list)


class SpokenResponse:
    """Writes the events of one response into a conversation, in the recorded order."""

    def __init__(
        self, conversation: Conversation, chance: Chance, emit: Emit, session: Json, options: ResponseOptions
    ) -> None:
        self.id = chance.id("resp")
        self.options = options
        self._conversation = conversation
        self._chance = chance
        self._emit = emit
        self._phase = "final_answer" if session["model"].startswith("gpt-realtime-2.1") else None
        self._output: list[Json] = []
        self._open: _Open | None = None
        self._text_tokens = 0
        self._input_text = usage.count(session["instructions"] or "") + usage.count(
            conversation.text_so_far()
        )
        output = session["audio"]["output"]
        self._audio = {"output": {"format": output["format"], "voice": output["voice"]}}

    @property
    def item_id(self) -> str | None:
        """The output item being written, if any."""
        return self._open.item.body["id"] if self._open else None

    @property
    def speaks(self) -> bool:
        return self.options.modality == "audio"

    def created(self) -> None:
        self._emit({"type": "response.created", "response": self._shown("in_progress", None, None)})

    def begin_message(self) -> str:
        """Open an assistant message; its item id."""
        body: Json = {
            "id": self._chance.id("item"),
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        if self._phase:
            body["phase"] = self._phase
        self._begin(body)
        part = {"type": "audio", "transcript": ""} if self.speaks else {"type": "text", "text": ""}
        self._tell("response.content_part.added", part=part)
        return str(body["id"])

    def say(self, piece: str) -> None:
        kind = "output_audio_transcript" if self.speaks else "output_text"
        assert self._open is not None
        self._open.said.append(piece)
        self._text_tokens += 1
        self._tell(f"response.{kind}.delta", delta=piece, obfuscation=self._chance.padding(piece))

    def sound(self, audio: str, emit: Emit) -> None:
        """A piece of audio, base64, told through `emit`: not every peer hears it."""
        assert self._open is not None
        emit({"type": "response.output_audio.delta", **self._place(), "delta": audio})

    def abandon(self) -> None:
        """Close what is being written as incomplete, the words so far kept."""
        if self._open is None:
            return
        if self._open.item.body["type"] == "message":
            self.end_message("incomplete")
        else:
            self.end_call("incomplete")

    def playing(self) -> None:
        self._emit({"type": "output_audio_buffer.started", "response_id": self.id})

    def end_message(self, status: str = "completed") -> None:
        """Close the message: the whole text, the part, the item."""
        assert self._open is not None
        text = "".join(self._open.said)
        if self.speaks:
            self._tell("response.output_audio.done")
            self._tell("response.output_audio_transcript.done", transcript=text)
            part, content = (
                {"type": "audio", "transcript": text},
                {"type": "output_audio", "transcript": text},
            )
        else:
            self._tell("response.output_text.done", text=text)
            part, content = {"type": "text", "text": text}, {"type": "output_text", "text": text}
        self._tell("response.content_part.done", part=part)
        self._open.item.body["content"] = [content]
        self._end(status)

    def begin_call(self, name: str) -> str:
        """Open a function call; its call id."""
        call_id = self._chance.id("call", 16)
        self._begin(
            {
                "id": self._chance.id("item"),
                "type": "function_call",
                "status": "in_progress",
                "name": name,
                "call_id": call_id,
                "arguments": "",
            }
        )
        return call_id

    def argue(self, piece: str) -> None:
        assert self._open is not None
        self._open.said.append(piece)
        self._text_tokens += 1
        self._tell(
            "response.function_call_arguments.delta",
            call_id=self._open.item.body["call_id"],
            delta=piece,
            obfuscation=self._chance.padding(piece),
        )

    def end_call(self, status: str = "completed") -> None:
        assert self._open is not None
        body = self._open.item.body
        body["arguments"] = "".join(self._open.said)
        self._tell(
            "response.function_call_arguments.done",
            call_id=body["call_id"],
            name=body["name"],
            arguments=body["arguments"],
        )
        self._end(status)

    def done(self, status: str = "completed", details: Json | None = None) -> None:
        spent = usage.of_response(self._input_text, self._text_tokens, spoken=self.speaks)
        self._emit({"type": "response.done", "response": self._shown(status, details, spent)})

    def _begin(self, body: Json) -> None:
        item = Item(body, by_model=True)
        self._open = _Open(item, len(self._output))
        self._emit(
            {
                "type": "response.output_item.added",
                "response_id": self.id,
                "output_index": self._open.index,
                "item": dict(body),
            }
        )
        if not self.options.out_of_band:
            self._conversation.insert(item)
            self._conversation.tell_added(item)

    def _end(self, status: str) -> None:
        assert self._open is not None
        item, index = self._open.item, self._open.index
        item.body["status"] = status
        if not self.options.out_of_band and self._conversation.find(item.body["id"]) is item:
            self._conversation.tell_done(item)
        self._output.append(dict(item.body))
        self._emit(
            {
                "type": "response.output_item.done",
                "response_id": self.id,
                "output_index": index,
                "item": dict(item.body),
            }
        )
        self._open = None

    def _tell(self, kind: str, **rest: object) -> None:
        place = self._place()
        if "function_call" in kind:
            del place["content_index"]
        self._emit({"type": kind, **place, **rest})

    def _place(self) -> Json:
        assert self._open is not None
        return {
            "response_id": self.id,
            "item_id": self._open.item.body["id"],
            "output_index": self._open.index,
            "content_index": 0,
        }

    def _shown(self, status: str, details: Json | None, spent: Json | None) -> Json:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": list(self._output),
            "conversation_id": None if self.options.out_of_band else self._conversation.id,
            "output_modalities": [self.options.modality],
            "max_output_tokens": self.options.max_output_tokens,
            "audio": self._audio,
            "usage": spent,
            "metadata": self.options.metadata,
        }
