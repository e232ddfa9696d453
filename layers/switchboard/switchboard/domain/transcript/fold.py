"""Fold upstream events into a transcript: pure, bounded, and the same for every order, repeat and delay."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from .events import READERS, Event, part_index
from .item import FAILED, OUTPUT_LINEAGE, Item, Part
from .join import join
from .limits import BROKEN_MAX, DRAFTS_MAX, ITEMS_MAX, TEXT_MAX
from .snapshot import label, mapping, number, sequence, snapshot


@dataclass(frozen=True, slots=True)
class Draft:
    """Words that are still coming: the text so far and the id of the event that brought its end."""

    text: str
    medium: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """One call's items in memory, by id.

    `drafts` are words not yet final, by item and part. `seq` numbers the next arrival. `forgotten` holds
    hashes of the ids that the journal keeps for us, oldest first. `broken` names the latest responses that
    ended early. `refused` counts events that found no room; nothing else is ever dropped.
    """

    items: Mapping[str, Item] = field(default_factory=dict)
    drafts: Mapping[tuple[str, int], Draft] = field(default_factory=dict)
    seq: int = 0
    forgotten: "array[int]" = field(default_factory=lambda: array("q"))
    broken: tuple[str, ...] = ()
    refused: int = 0

    def forgot(self, item_id: str) -> bool:
        """True when the item was stored and then forgotten."""
        return bool(self.forgotten) and hash(item_id) in self.forgotten


def fold(transcript: Transcript, event: Mapping[str, Any]) -> Transcript:
    """Return the transcript with one upstream event folded in; itself when the event brings nothing new."""
    if type(event) is not dict and not isinstance(event, Mapping):
        return transcript
    kind = event.get("type")
    if not isinstance(kind, str):
        return transcript
    read = READERS.get(kind)
    if read is not None:
        news = read(event, transcript.seq)
        return transcript if news is None else absorb(transcript, (news,))
    draft = _DRAFTS.get(kind)
    if draft is not None:
        return _append(transcript, event, *draft)
    return _end_response(transcript, event) if kind == "response.done" else transcript


def absorb(transcript: Transcript, news: Iterable[Item]) -> Transcript:
    """Return the transcript joined with versions of items, from events or from the journal."""
    known = transcript.items
    items: dict[str, Item] | None = None
    drafts, refused = transcript.drafts, transcript.refused
    for version in news:
        ours = (known if items is None else items).get(version.id)
        admitted = _admit(transcript, version) if ours is None or ours.amends else version
        if admitted is None:
            continue
        joined = admitted if ours is None else join(ours, admitted)
        if transcript.broken:
            joined = _broken_off(transcript, joined)
        if joined is ours:
            continue
        if ours is None and len(known if items is None else items) >= ITEMS_MAX:
            refused += 1
            continue
        if items is None:
            items = dict(known)
        items[joined.id] = joined
        drafts = _superseded(drafts, joined) if drafts else drafts
    if items is None and refused == transcript.refused:
        return transcript
    kept = known if items is None else items
    return Transcript(kept, drafts, transcript.seq + 1, transcript.forgotten, transcript.broken, refused)


def _admit(transcript: Transcript, version: Item) -> Item | None:
    """Let in an item not in memory; of one already stored only what later events may still change."""
    if not transcript.forgot(version.id):
        return version
    if not version.interrupted and not version.deleted:
        return None
    return replace(version, amends=True)


def _broken_off(transcript: Transcript, item: Item) -> Item:
    if not item.ended and item.response_id in transcript.broken:
        return replace(item, ended=True)
    return item


def _superseded(drafts: Mapping[tuple[str, int], Draft], item: Item) -> Mapping[tuple[str, int], Draft]:
    final = [(item.id, part.index) for part in item.parts if part.rank >= FAILED]
    if any(key in drafts for key in final):
        return {key: draft for key, draft in drafts.items() if key not in final}
    return drafts


def _append(transcript: Transcript, event: Event, role: str, medium: str) -> Transcript:
    item_id, index, delta = label(event, "item_id"), part_index(event), event.get("delta")
    if not item_id or index is None or not isinstance(delta, str):
        return transcript
    item = transcript.items.get(item_id)
    if item is None:
        transcript = absorb(
            transcript, (_speaking(event, item_id, transcript.seq, role, Part(index, medium)),)
        )
        if item_id not in transcript.items:
            return transcript
    elif item.amends or any(part.index == index and part.rank >= FAILED for part in item.parts):
        return transcript
    key, event_id = (item_id, index), label(event, "event_id")
    draft = transcript.drafts.get(key)
    if draft is None:
        if len(transcript.drafts) >= DRAFTS_MAX:
            return transcript
        draft = Draft("", medium, "")
    elif (event_id and draft.event_id == event_id) or len(draft.text) >= TEXT_MAX:
        return transcript
    longer = Draft((draft.text + delta)[:TEXT_MAX], medium, event_id)
    return Transcript(
        transcript.items,
        {**transcript.drafts, key: longer},
        transcript.seq,
        transcript.forgotten,
        transcript.broken,
        transcript.refused,
    )


def _speaking(event: Event, item_id: str, seq: int, role: str, part: Part) -> Item:
    """An item first met through its words: we attached while it was being said."""
    response_id, output_index = label(event, "response_id"), number(event, "output_index")
    return Item(
        id=item_id,
        seq=seq,
        kind="message",
        role=role,
        parts=(part,),
        response_id=response_id,
        output_index=output_index,
    )


def _end_response(transcript: Transcript, event: Event) -> Transcript:
    response = mapping(event, "response")
    response_id, status = label(response, "id"), response.get("status")
    if response_id and status in _BROKEN:
        transcript = _break_off(transcript, response_id)
    return absorb(transcript, _outputs(response, response_id, transcript.seq, final=status == "completed"))


def _outputs(response: Event, response_id: str, seq: int, final: bool) -> list[Item]:
    aside, previous = _is_aside(response), None
    outputs: list[Item] = []
    for index, source in enumerate(sequence(response, "output")):
        if not isinstance(source, Mapping):
            continue
        output = snapshot(
            source,
            seq,
            final=final,
            response_id=response_id,
            output_index=index,
            previous=previous,
            lineage=OUTPUT_LINEAGE if previous else 0,
            aside=aside,
        )
        if output is not None:
            outputs.append(output)
            previous = output.id
    return outputs


def _is_aside(response: Mapping[str, Any]) -> bool:
    """True for a response outside the conversation that nobody heard: `conversation: none`, text only."""
    outside = "conversation_id" in response and response["conversation_id"] is None
    return outside and "audio" not in sequence(response, "output_modalities")


def _break_off(transcript: Transcript, response_id: str) -> Transcript:
    """Remember that the response ended early, and say so of its items; the complete ones stay complete."""
    if response_id not in transcript.broken:
        broken = (*transcript.broken, response_id)[-BROKEN_MAX:]
        transcript = replace(transcript, broken=broken)
    return absorb(transcript, [item for item in transcript.items.values() if item.response_id == response_id])


_BROKEN: Final = ("cancelled", "incomplete", "failed")
_DRAFTS: Final = {
    "conversation.item.input_audio_transcription.delta": ("user", "audio"),
    "response.output_audio_transcript.delta": ("assistant", "audio"),
    "response.output_text.delta": ("assistant", "text"),
}
