"""Fold upstream events into a transcript: pure, bounded, and the same for every order, repeat and delay."""

from collections.abc import Mapping
from typing import Any, Final

from .events import READERS, Event, first_words, part_index
from .item import FAILED, OUTPUT_LINEAGE, News, Part
from .limits import BROKEN_MAX, DRAFTS_MAX, TEXT_MAX
from .snapshot import cut, label, mapping, sequence, snapshot
from .value import Draft, DraftKey, Transcript, absorb

_BROKEN: Final = ("cancelled", "incomplete", "failed")
_DELTAS: Final = {
    "conversation.item.input_audio_transcription.delta": ("user", "audio"),
    "response.output_audio_transcript.delta": ("assistant", "audio"),
    "response.output_text.delta": ("assistant", "text"),
}


def fold(transcript: Transcript, event: Mapping[str, Any]) -> Transcript:
    """Return the transcript with one upstream event folded in; itself when the event brings nothing new."""
    if type(event) is not dict and not isinstance(event, Mapping):
        return transcript
    kind = event.get("type")
    if not isinstance(kind, str):
        return transcript
    delta = _DELTAS.get(kind)
    if delta is not None:
        return _append(transcript, event, *delta)
    read = READERS.get(kind)
    if read is not None:
        news = read(event)
        return transcript if news is None else absorb(transcript, (news,))
    return _end_response(transcript, event) if kind == "response.done" else transcript


def _append(transcript: Transcript, event: Event, role: str, medium: str) -> Transcript:
    item_id, index, delta = label(event, "item_id"), part_index(event), event.get("delta")
    if not item_id or index is None or not isinstance(delta, str):
        return transcript
    draft = transcript.drafts.get((item_id, index))
    if draft is None:
        return _begin(transcript, event, role, Part(index, medium, text=delta))
    event_id = label(event, "event_id")
    if (event_id and draft.event_id == event_id) or len(draft.text) >= TEXT_MAX:
        return transcript
    longer = Draft((draft.text + cut(delta))[:TEXT_MAX], medium, event_id)
    return _drafted(transcript, (item_id, index), longer)


def _begin(transcript: Transcript, event: Event, role: str, part: Part) -> Transcript:
    """Begin a draft, unless the words are final already or there is no room."""
    item_id = label(event, "item_id")
    item = transcript.items.get(item_id)
    if item is None:
        news = first_words(event, role, Part(part.index, part.medium))
        transcript = transcript if news is None else absorb(transcript, (news,))
        if item_id not in transcript.items:
            return transcript
    elif item.amends or any(known.index == part.index and known.rank >= FAILED for known in item.parts):
        return transcript
    if len(transcript.drafts) >= DRAFTS_MAX:
        return transcript
    draft = Draft(cut(part.text), part.medium, label(event, "event_id"))
    return _drafted(transcript, (item_id, part.index), draft)


def _drafted(transcript: Transcript, key: DraftKey, draft: Draft) -> Transcript:
    # Spelled out, because deltas are most of the traffic and `_replace` takes twice as long.
    return Transcript(
        transcript.items,
        {**transcript.drafts, key: draft},
        transcript.seq,
        transcript.forgotten,
        transcript.broken,
        transcript.refused,
    )


def _end_response(transcript: Transcript, event: Event) -> Transcript:
    response = mapping(event, "response")
    response_id, status = label(response, "id"), response.get("status")
    if response_id and status in _BROKEN:
        transcript = _break_off(transcript, response_id)
    return absorb(transcript, _outputs(response, response_id, final=status == "completed"))


def _outputs(response: Event, response_id: str, final: bool) -> list[News]:
    aside, previous = _is_aside(response), ""
    outputs: list[News] = []
    for index, source in enumerate(sequence(response, "output")):
        news = snapshot(source, final=final) if isinstance(source, Mapping) else None
        if news is None:
            continue
        item_id, known = news
        known.update({"response_id": response_id, "output_index": index, "aside": aside})
        if previous and previous != item_id:
            known.update({"previous": previous, "lineage": OUTPUT_LINEAGE})
        previous = item_id
        outputs.append(news)
    return outputs


def _is_aside(response: Mapping[str, Any]) -> bool:
    """True for a response outside the conversation that nobody heard: `conversation: none`, text only."""
    outside = "conversation_id" in response and response["conversation_id"] is None
    return outside and "audio" not in sequence(response, "output_modalities")


def _break_off(transcript: Transcript, response_id: str) -> Transcript:
    """Remember that the response ended early, and say so of its items; the complete ones stay complete."""
    if response_id not in transcript.broken:
        broken = (*transcript.broken, response_id)[-BROKEN_MAX:]
        transcript = transcript._replace(broken=broken)
    parted = [item.id for item in transcript.items.values() if item.response_id == response_id]
    return absorb(transcript, [(item_id, {"ended": True}) for item_id in parted])
