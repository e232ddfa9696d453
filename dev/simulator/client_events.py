"""What a client may send on a socket, and what each event does to the session."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import TypeVar

from dev.simulator import limits, thinking
from dev.simulator.conversation import Item
from dev.simulator.errors import EventRefused
from dev.simulator.hearing import Ear, Utterance
from dev.simulator.peers import Peer
from dev.simulator.realtime import RealtimeSession
from dev.simulator.seeding import seeded_item
from dev.simulator.shapes import CLIENT_EVENT, check_event
from dev.simulator.speaking import Speaker
from dev.simulator.speech import ResponseOptions
from dev.simulator.wire import Json

_T = TypeVar("_T")
TakesRequest = Callable[[], bool]


class ClientEvents:
    """Carries out client events on one session; refusals go to the peer that asked."""

    def __init__(self, session: RealtimeSession, speaker: Speaker, ear: Ear) -> None:
        self._session = session
        self._speaker = speaker
        self._ear = ear
        self._buffered_ms = 0
        self.takes_request: TakesRequest = lambda: False  # a script may take a `response.create` for itself
        self._deeds: dict[str, Callable[[Peer, Json], None]] = {
            "session.update": self._update,
            "conversation.item.create": self._create,
            "conversation.item.retrieve": self._retrieve,
            "conversation.item.delete": self._delete,
            "conversation.item.truncate": self._truncate,
            "response.create": self._respond,
            "response.cancel": self._cancel,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "output_audio_buffer.clear": self._clear_output,
        }

    def handle(self, peer: Peer, text: str) -> None:
        """Carry out one frame. Nothing escapes: what is wrong becomes an `error` event."""
        event_id: str | None = None
        try:
            event = _parsed(text)
            given = event.get("event_id")
            event_id = given if isinstance(given, str) else None
            deed = self._deeds.get(event["type"])
            if deed is None:
                names = ", ".join(f"'{name}'" for name in self._deeds)
                raise EventRefused(
                    "invalid_value",
                    f"Invalid value: '{event['type']}'. Supported values are: {names}.",
                    "type",
                )
            check_event(event, CLIENT_EVENT)
            deed(peer, event)
        except EventRefused as refused:
            self._session.refuse(peer, refused, event_id)

    def _update(self, peer: Peer, event: Json) -> None:
        self._session.update(peer, _required(event, "session", dict))

    def _create(self, peer: Peer, event: Json) -> None:
        conversation = self._session.conversation
        body = seeded_item(_required(event, "item", dict), conversation, self._session.world.chance)
        if "previous_item_id" in event:
            conversation.add(Item(body), event["previous_item_id"])
        else:
            conversation.add(Item(body))

    def _retrieve(self, peer: Peer, event: Json) -> None:
        found = self._session.conversation.retrieve(_required(event, "item_id", str))
        self._session.tell(peer, found)

    def _delete(self, peer: Peer, event: Json) -> None:
        self._session.conversation.delete(_required(event, "item_id", str))

    def _truncate(self, peer: Peer, event: Json) -> None:
        self._session.conversation.truncate(
            _required(event, "item_id", str),
            _required(event, "audio_end_ms", int),
            _required(event, "content_index", int),
        )

    def _respond(self, peer: Peer, event: Json) -> None:
        asked = event.get("response") or {}
        config = self._session.config
        modalities = asked.get("output_modalities") or config["output_modalities"]
        if modalities not in (["audio"], ["text"]):
            raise EventRefused(
                "invalid_value",
                f"Invalid modalities: {modalities}. Supported combinations are: ['text'] and ['audio'].",
                "response.output_modalities",
            )
        options = ResponseOptions(
            modality=modalities[0],
            out_of_band=asked.get("conversation") == "none",
            metadata=asked.get("metadata"),
            max_output_tokens=asked.get("max_output_tokens") or config["max_output_tokens"],
        )
        if self._speaker.active is None and not options.out_of_band and self.takes_request():
            return
        self._speaker.begin(thinking.reply_to(self._session, asked.get("tool_choice")), options)

    def _cancel(self, peer: Peer, event: Json) -> None:
        self._speaker.cancel(event.get("response_id"))

    def _append(self, peer: Peer, event: Json) -> None:
        try:
            audio = base64.b64decode(_required(event, "audio", str), validate=True)
        except binascii.Error as error:
            raise EventRefused("invalid_value", "Invalid 'audio': not base64.", "audio") from error
        self._buffered_ms += len(audio) // limits.AUDIO_BYTES_PER_MS

    def _commit(self, peer: Peer, event: Json) -> None:
        heard, self._buffered_ms = self._buffered_ms, 0
        if heard < 100:
            raise EventRefused(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {heard:.2f}ms of audio.",
            )
        words = Utterance(f"{heard / 1000:.1f} seconds of sound", seconds=heard / 1000)
        self._ear.commit(self._session.world.chance.id("item"), words)

    def _clear(self, peer: Peer, event: Json) -> None:
        self._buffered_ms = 0
        self._session.emit({"type": "input_audio_buffer.cleared"})

    def _clear_output(self, peer: Peer, event: Json) -> None:
        self._speaker.clear_audio()


def _parsed(text: str) -> Json:
    try:
        event = json.loads(text)
    except ValueError as error:
        raise EventRefused("invalid_json", "Could not parse the event: it is not JSON.") from error
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise EventRefused("missing_required_parameter", "Missing required parameter: 'type'.", "type")
    return event


def _required(event: Json, name: str, kind: type[_T]) -> _T:
    value = event.get(name)
    if value is None:
        raise EventRefused("missing_required_parameter", f"Missing required parameter: '{name}'.", name)
    if not isinstance(value, kind):
        raise EventRefused("invalid_type", f"Invalid type for '{name}'.", name)
    return value
