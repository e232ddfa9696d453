"""Read one upstream event as news of one item, whatever is known of that item already."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .item import (
    ADDED_LINEAGE,
    COMPLETED,
    DONE_LINEAGE,
    FAILED,
    FINAL,
    IN_PROGRESS,
    OUTPUT_LINEAGE,
    START,
    Known,
    News,
    Part,
)
from .limits import PARTS_MAX, TEXT_MAX
from .snapshot import cut, label, mapping, medium, number, reason, snapshot, text

Event = Mapping[str, Any]
Reader = Callable[[Event], News | None]


def _added(event: Event) -> News | None:
    return _placed(event, snapshot(mapping(event, "item")))


def _done(event: Event) -> News | None:
    news = snapshot(mapping(event, "item"), final=True)
    # The upstream forgets the predecessor of early model items here, so a null says nothing.
    previous = label(event, "previous_item_id")
    if news is not None and previous:
        news[1].update({"previous": previous, "lineage": DONE_LINEAGE})
    return news


def _retrieved(event: Event) -> News | None:
    news = snapshot(mapping(event, "item"), final=True)
    if news is not None and _was_truncated(news[1]):
        news[1]["interrupted"] = True
    return news


def _was_truncated(known: Known) -> bool:
    """True for a finished reply whose audio has no words: the upstream deletes those of what is cut off."""
    spoken = [part for part in known.get("parts", ()) if part.medium == "audio"]
    finished = known.get("progress", 0) >= COMPLETED
    return finished and known.get("role") == "assistant" and any(not part.text for part in spoken)


def _deleted(event: Event) -> News | None:
    return _of(event, {"deleted": True})


def _truncated(event: Event) -> News | None:
    known: Known = {"interrupted": True}
    heard_ms = number(event, "audio_end_ms")
    if heard_ms is not None:
        known["heard_ms"] = heard_ms
    return _of(event, known)


def _speech_started(event: Event) -> News | None:
    known = _spoken(IN_PROGRESS, Part(0, "audio"))
    start_ms = number(event, "audio_start_ms")
    if start_ms is not None:
        known["audio_start_ms"] = start_ms
    return _of(event, known)


def _speech_stopped(event: Event) -> News | None:
    known = _spoken(IN_PROGRESS, Part(0, "audio"))
    end_ms = number(event, "audio_end_ms")
    if end_ms is not None:
        known["audio_end_ms"] = end_ms
    return _of(event, known)


def _committed(event: Event) -> News | None:
    return _placed(event, _of(event, _spoken(COMPLETED, Part(0, "audio"))))


def _transcribed(event: Event) -> News | None:
    words, index = event.get("transcript"), part_index(event)
    if not isinstance(words, str) or index is None:
        return None
    known = _spoken(0, Part(index, "audio", FINAL, cut(words)))
    if len(words) > TEXT_MAX:
        known["clipped"] = True
    return _of(event, known)


def _untranscribable(event: Event) -> News | None:
    index = part_index(event)
    if index is None:
        return None
    known = _spoken(0, Part(index, "audio", FAILED))
    known["error"] = reason(event) or "unknown_error"
    return _of(event, known)


def _spoken(progress: int, part: Part) -> Known:
    return {"kind": "message", "role": "user", "progress": progress, "parts": (part,)}


def _output_item_added(event: Event) -> News | None:
    news = _of_response(event, snapshot(mapping(event, "item")))
    if news is not None:
        news[1]["lineage"] = OUTPUT_LINEAGE  # it begins now; where, is told by what follows
    return news


def _output_item_done(event: Event) -> News | None:
    return _of_response(event, snapshot(mapping(event, "item"), final=True))


def _part_done(event: Event) -> News | None:
    part = mapping(event, "part")
    words = part.get("transcript", part.get("text"))
    return _said(event, medium(label(part, "type")), words)


def _transcript_done(event: Event) -> News | None:
    return _said(event, "audio", event.get("transcript"))


def _text_done(event: Event) -> News | None:
    return _said(event, "text", event.get("text"))


def _said(event: Event, said_as: str, words: Any) -> News | None:
    index = part_index(event)
    if index is None or not isinstance(words, str):
        return None
    part = Part(index, said_as, FINAL, cut(words))
    known: Known = {"kind": "message", "role": "assistant", "progress": IN_PROGRESS, "parts": (part,)}
    if len(words) > TEXT_MAX:
        known["clipped"] = True
    return _of_response(event, _of(event, known))


def _arguments_done(event: Event) -> News | None:
    return _asked(event, "function_call")


def _mcp_arguments_done(event: Event) -> News | None:
    return _asked(event, "mcp_call")


def _asked(event: Event, kind: str) -> News | None:
    arguments = text(event, "arguments")
    known: Known = {
        "kind": kind,
        "progress": IN_PROGRESS,
        "name": label(event, "name"),
        "call_id": label(event, "call_id"),
        "arguments": cut(arguments),
    }
    if len(arguments) > TEXT_MAX:
        known["clipped"] = True
    return _of_response(event, _of(event, known))


def _of(event: Event, known: Known) -> News | None:
    item_id = label(event, "item_id")
    return (item_id, known) if item_id else None


def _of_response(event: Event, news: News | None) -> News | None:
    if news is not None:
        response_id, output_index = label(event, "response_id"), number(event, "output_index")
        if response_id:
            news[1]["response_id"] = response_id
        if output_index is not None:
            news[1]["output_index"] = output_index
    return news


def _placed(event: Event, news: News | None) -> News | None:
    if news is not None and "previous_item_id" in event:
        previous = START if event["previous_item_id"] is None else label(event, "previous_item_id")
        if previous:
            news[1].update({"previous": previous, "lineage": ADDED_LINEAGE})
    return news


def first_words(event: Event, role: str, part: Part) -> News | None:
    """Return what a delta says of an item of which nothing else is known: we came while it was being said."""
    return _of_response(event, _of(event, {"kind": "message", "role": role, "parts": (part,)}))


def part_index(event: Event) -> int | None:
    """Return which part of the item the event speaks of; None when there is no room for such a part."""
    index = number(event, "content_index")
    if index is None:
        return 0
    return index if index < PARTS_MAX else None


READERS: Final[dict[str, Reader]] = {
    "conversation.item.added": _added,
    "conversation.item.created": _added,
    "conversation.item.done": _done,
    "conversation.item.retrieved": _retrieved,
    "conversation.item.deleted": _deleted,
    "conversation.item.truncated": _truncated,
    "input_audio_buffer.speech_started": _speech_started,
    "input_audio_buffer.speech_stopped": _speech_stopped,
    "input_audio_buffer.committed": _committed,
    "conversation.item.input_audio_transcription.completed": _transcribed,
    "conversation.item.input_audio_transcription.failed": _untranscribable,
    "response.output_item.added": _output_item_added,
    "response.output_item.done": _output_item_done,
    "response.content_part.done": _part_done,
    "response.output_audio_transcript.done": _transcript_done,
    "response.output_text.done": _text_done,
    "response.function_call_arguments.done": _arguments_done,
    "response.mcp_call_arguments.done": _mcp_arguments_done,
}
