"""Read one upstream event as news of one item, whatever is known of that item already."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .item import ADDED_LINEAGE, COMPLETED, DONE_LINEAGE, FAILED, FINAL, IN_PROGRESS, START, Item, Part
from .limits import PARTS_MAX, TEXT_MAX
from .snapshot import label, mapping, medium, number, reason, snapshot, text

Event = Mapping[str, Any]
Reader = Callable[[Event, int], Item | None]


def _added(event: Event, seq: int) -> Item | None:
    previous = _predecessor(event)
    lineage = ADDED_LINEAGE if previous else 0
    return snapshot(mapping(event, "item"), seq, previous=previous, lineage=lineage)


def _done(event: Event, seq: int) -> Item | None:
    # The upstream forgets the predecessor of early model items here, so a null says nothing.
    previous = label(event, "previous_item_id") or None
    lineage = DONE_LINEAGE if previous else 0
    return snapshot(mapping(event, "item"), seq, final=True, previous=previous, lineage=lineage)


def _retrieved(event: Event, seq: int) -> Item | None:
    return snapshot(mapping(event, "item"), seq, final=True)


def _deleted(event: Event, seq: int) -> Item | None:
    item_id = label(event, "item_id")
    return Item(id=item_id, seq=seq, deleted=True) if item_id else None


def _truncated(event: Event, seq: int) -> Item | None:
    item_id = label(event, "item_id")
    if not item_id:
        return None
    return Item(id=item_id, seq=seq, interrupted=True, heard_ms=number(event, "audio_end_ms"))


def _speech(event: Event, seq: int) -> Item | None:
    start, end = number(event, "audio_start_ms"), number(event, "audio_end_ms")
    return _heard(event, seq, IN_PROGRESS, Part(0, "audio"), audio_start_ms=start, audio_end_ms=end)


def _committed(event: Event, seq: int) -> Item | None:
    previous = _predecessor(event)
    lineage = ADDED_LINEAGE if previous else 0
    return _heard(event, seq, COMPLETED, Part(0, "audio"), previous=previous, lineage=lineage)


def _transcribed(event: Event, seq: int) -> Item | None:
    words = event.get("transcript")
    index = part_index(event)
    if not isinstance(words, str) or index is None:
        return None
    part = Part(index, "audio", FINAL, words[:TEXT_MAX])
    return _heard(event, seq, 0, part, clipped=len(words) > TEXT_MAX)


def _untranscribable(event: Event, seq: int) -> Item | None:
    index = part_index(event)
    if index is None:
        return None
    return _heard(event, seq, 0, Part(index, "audio", FAILED), error=reason(event) or "unknown_error")


def _heard(event: Event, seq: int, progress: int, part: Part, **known: Any) -> Item | None:
    item_id = label(event, "item_id")
    if not item_id:
        return None
    return Item(id=item_id, seq=seq, kind="message", role="user", parts=(part,), progress=progress, **known)


def _output_item_added(event: Event, seq: int) -> Item | None:
    return _output_item(event, seq, final=False)


def _output_item_done(event: Event, seq: int) -> Item | None:
    return _output_item(event, seq, final=True)


def _output_item(event: Event, seq: int, final: bool) -> Item | None:
    return snapshot(
        mapping(event, "item"),
        seq,
        final=final,
        response_id=label(event, "response_id"),
        output_index=number(event, "output_index"),
    )


def _part_done(event: Event, seq: int) -> Item | None:
    part = mapping(event, "part")
    words = part.get("transcript", part.get("text"))
    return _said(event, seq, medium(label(part, "type")), words)


def _transcript_done(event: Event, seq: int) -> Item | None:
    return _said(event, seq, "audio", event.get("transcript"))


def _text_done(event: Event, seq: int) -> Item | None:
    return _said(event, seq, "text", event.get("text"))


def _said(event: Event, seq: int, said_as: str, words: Any) -> Item | None:
    item_id, index = label(event, "item_id"), part_index(event)
    if not item_id or index is None or not isinstance(words, str):
        return None
    return Item(
        id=item_id,
        seq=seq,
        kind="message",
        role="assistant",
        parts=(Part(index, said_as, FINAL, words[:TEXT_MAX]),),
        progress=IN_PROGRESS,
        response_id=label(event, "response_id"),
        output_index=number(event, "output_index"),
        clipped=len(words) > TEXT_MAX,
    )


def _arguments_done(event: Event, seq: int) -> Item | None:
    return _arguments(event, seq, "function_call")


def _mcp_arguments_done(event: Event, seq: int) -> Item | None:
    return _arguments(event, seq, "mcp_call")


def _arguments(event: Event, seq: int, kind: str) -> Item | None:
    item_id = label(event, "item_id")
    if not item_id:
        return None
    arguments = text(event, "arguments")
    return Item(
        id=item_id,
        seq=seq,
        kind=kind,
        progress=IN_PROGRESS,
        name=label(event, "name"),
        call_id=label(event, "call_id"),
        arguments=arguments[:TEXT_MAX],
        response_id=label(event, "response_id"),
        output_index=number(event, "output_index"),
        clipped=len(arguments) > TEXT_MAX,
    )


def _predecessor(event: Event) -> str | None:
    if "previous_item_id" not in event:
        return None
    return START if event["previous_item_id"] is None else label(event, "previous_item_id") or None


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
    "input_audio_buffer.speech_started": _speech,
    "input_audio_buffer.speech_stopped": _speech,
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
