"""How a spoken turn of the person arrives: speech, commitment, and a transcript that comes late."""

import asyncio
from dataclasses import dataclass

from dev.simulator import limits, usage
from dev.simulator.conversation import Item
from dev.simulator.realtime import RealtimeSession
from dev.simulator.speaking import Speaker
from dev.simulator.speech import tokens

_UNINTELLIGIBLE = "The audio could not be transcribed."


@dataclass(frozen=True)
class Utterance:
    """What a person says aloud. Times are simulated seconds."""

    text: str
    seconds: float
    heard_as: str | None = None  # the transcript, where it differs from the words
    transcript_after: float = limits.TRANSCRIPTION_SECONDS
    fails: str | None = None  # the error code of a transcription that fails


class Ear:
    """Plays spoken turns into a session, as server VAD would hear them."""

    def __init__(self, session: RealtimeSession, speaker: Speaker) -> None:
        self._session = session
        self._speaker = speaker
        self._transcribing: set[asyncio.Task[None]] = set()

    async def hear(self, utterance: Utterance) -> Item:
        """One turn from the first sound to its commitment; the transcript follows by itself."""
        turn = self.begin()
        await self._session.world.pace.sleep(utterance.seconds)
        return self.finish(turn, utterance)

    def begin(self) -> tuple[str, int]:
        """The first sound of a turn; returns its item's id and its millisecond, for `finish`."""
        session = self._session
        item_id = session.world.chance.id("item")
        began = session.milliseconds()
        session.emit(
            {"type": "input_audio_buffer.speech_started", "audio_start_ms": began, "item_id": item_id}
        )
        if self._interrupts():
            self._speaker.interrupt()
        return item_id, began

    def finish(self, turn: tuple[str, int], utterance: Utterance) -> Item:
        """The person has stopped speaking."""
        item_id, began = turn
        ended = began + int(utterance.seconds * 1000)
        self._session.emit(
            {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": ended, "item_id": item_id}
        )
        return self.commit(item_id, utterance)

    def commit(self, item_id: str, utterance: Utterance) -> Item:
        """The buffer becomes an item; its transcription begins if the session asks for one."""
        session = self._session
        session.emit(
            {
                "type": "input_audio_buffer.committed",
                "previous_item_id": session.conversation.last_id,
                "item_id": item_id,
            }
        )
        body = {
            "id": item_id,
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        item = session.conversation.add(Item(body, spoken=utterance.text))
        if session.config["audio"]["input"]["transcription"] is not None:
            item.transcription = "pending"
            task = session.spawn(self._transcribe(item, utterance))
            self._transcribing.add(task)
            task.add_done_callback(self._transcribing.discard)
        return item

    async def transcribed(self) -> None:
        """Wait until every turn so far has its transcript, or has failed to get one."""
        if self._transcribing:
            await asyncio.wait(set(self._transcribing))

    async def _transcribe(self, item: Item, utterance: Utterance) -> None:
        session, pace = self._session, self._session.world.pace
        fails, after = utterance.fails, utterance.transcript_after
        fault = session.world.faults.strike("transcription", call=session.call_id)
        if fault is not None and fault.do == "fail":
            fails = str(fault.detail.get("code", "audio_unintelligible"))
        elif fault is not None:
            after += float(fault.detail.get("seconds", 5.0))
        place = {"item_id": item.body["id"], "content_index": 0}
        text = utterance.heard_as if utterance.heard_as is not None else utterance.text
        if fails:
            await pace.sleep(after)
            item.transcription = "failed"
            error = {
                "type": "transcription_error",
                "code": fails,
                "message": _UNINTELLIGIBLE,
                "param": None,
            }
            session.emit({"type": f"{_TRANSCRIPTION}.failed", **place, "error": error})
            return
        pieces = tokens(" " + text)
        for piece in pieces:
            await pace.sleep(after / (len(pieces) + 1))
            padding = session.world.chance.padding(piece)
            session.emit({"type": f"{_TRANSCRIPTION}.delta", **place, "delta": piece, "obfuscation": padding})
        await pace.sleep(after / (len(pieces) + 1))
        item.body["content"][0]["transcript"] = text
        item.transcription = "completed"
        model = session.config["audio"]["input"]["transcription"] or {"model": ""}
        spent = usage.of_transcription(model["model"], int(utterance.seconds * 1000), text)
        session.emit({"type": f"{_TRANSCRIPTION}.completed", **place, "transcript": text, "usage": spent})

    def _interrupts(self) -> bool:
        turns = self._session.config["audio"]["input"]["turn_detection"]
        return turns is not None and bool(turns["interrupt_response"])


_TRANSCRIPTION = "conversation.item.input_audio_transcription"
