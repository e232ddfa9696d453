"""What a host does to a transcript between events: forget what is stored, ask for what is missing, close."""

from array import array
from collections.abc import Iterable
from dataclasses import replace
from operator import itemgetter

from .item import (
    ADDED_LINEAGE,
    BY_US,
    COMPLETED,
    DRAFT,
    GAP,
    OUTPUT_LINEAGE,
    START,
    UNKNOWN,
    Item,
    Known,
    Part,
    settled,
)
from .join import join
from .limits import FORGOTTEN_MAX, TEXT_MAX
from .value import Draft, DraftKey, Transcript, absorb


def changed(before: Transcript, after: Transcript) -> tuple[Item, ...]:
    """Return the items of `after` that the journal does not have if it has those of `before`."""
    if after.items is before.items:
        return ()
    known = before.items
    return tuple(item for item in after.items.values() if known.get(item.id) is not item)


def forget(transcript: Transcript, stored: Iterable[Item]) -> Transcript:
    """Drop items from memory that the journal has in this very version, and that no late event may mend.

    A repeat of a forgotten item's events is then ignored; an interruption or deletion comes back as an item
    that `amends` the stored one.
    """
    drafting = {item_id for item_id, _ in transcript.drafts}
    gone = {
        item.id: hash(item.id)
        for item in stored
        if transcript.items.get(item.id) == item and item.id not in drafting and _finished(item)
    }
    if not gone:
        return transcript
    fresh = [mark for item_id, mark in gone.items() if not transcript.forgot(item_id)]
    forgotten = (transcript.forgotten + array("q", fresh))[-FORGOTTEN_MAX:]
    items = {item_id: item for item_id, item in transcript.items.items() if item_id not in gone}
    return transcript._replace(items=items, forgotten=forgotten)


def _finished(item: Item) -> bool:
    """Settled, in its place or outside, and neither failed nor lost: those two may still turn out well."""
    placed = (item.lineage == ADDED_LINEAGE or item.is_aside) and item.status not in ("failed", "lost")
    return item.amends or item.kind == GAP or (placed and settled(item))


def missing(transcript: Transcript, *, unsettled: bool = False) -> tuple[str, ...]:
    """Return the ids worth a `conversation.item.retrieve`, in order of arrival.

    These are the items that others name as predecessor and those known by id alone; after a reconnect, with
    `unsettled`, also those whose end may have been missed.
    """
    items = transcript.items
    found: list[tuple[int, str]] = []
    for item in items.values():
        named = item.previous
        if named is not None and named not in items and named != START and not transcript.forgot(named):
            found.append((item.seq, named))
        if (unsettled or item.kind == UNKNOWN) and not item.lost and not settled(item):
            found.append((item.seq, item.id))
    if not found:  # nearly always, and it is asked with every change
        return ()
    return tuple(dict.fromkeys(name for _, name in sorted(found, key=itemgetter(0))))


def mark_lost(transcript: Transcript, item_id: str) -> Transcript:
    """Say that the upstream no longer has an item. It shows as lost unless something else is known of it."""
    return absorb(transcript, ((item_id, {"lost": True}),))


def unanswered(transcript: Transcript) -> tuple[Item, ...]:
    """Return the whole function calls that the model has made and nobody has answered, in order of arrival.

    That the model made them is certain: only its responses give items a `response_id`.
    """
    items = transcript.items.values()
    answered = {item.call_id for item in items if item.kind == "function_call_output"}
    calls = (item for item in items if item.kind == "function_call" and item.response_id)
    open_calls = (item for item in calls if item.progress == COMPLETED and item.lineage > OUTPUT_LINEAGE)
    return tuple(
        sorted(
            (item for item in open_calls if item.call_id not in answered and not item.deleted),
            key=lambda item: item.seq,
        )
    )


def mark_run(transcript: Transcript, item_id: str, tool_ms: int | None) -> Transcript:
    """Say of an item that it is the output of a tool that we have run, and for how long; if it is known."""
    if item_id not in transcript.items:
        return transcript
    known: Known = {"source": BY_US}
    if tool_ms is not None:
        known["tool_ms"] = tool_ms
    return absorb(transcript, ((item_id, known),))


def tear(transcript: Transcript, gap_id: str, *, opening: bool = False) -> Transcript:
    """Say that from here on something may have been said unheard; `order` shows it where lineage allows.

    With `opening` it may have been said before anybody listened: that shows only if something follows.
    """
    known: Known = {"kind": GAP, "lost": True, "ended": True}
    if opening:
        known["previous"] = START
    return absorb(transcript, ((gap_id, known),))


def close(transcript: Transcript) -> Transcript:
    """End the call: what never came is lost, unfinished items keep the words that were heard so far."""
    for item_id in missing(transcript):
        transcript = mark_lost(transcript, item_id)
    items = dict(transcript.items)
    for item in transcript.items.values():
        drafted = _drafted(item, transcript.drafts.items())
        if drafted is not None or not settled(item):
            items[item.id] = replace(drafted or item, ended=True)
    if items == transcript.items:
        return transcript
    return transcript._replace(items=items, drafts={}, seq=transcript.seq + 1)


def _drafted(item: Item, drafts: Iterable[tuple[DraftKey, Draft]]) -> Item | None:
    parts = tuple(
        Part(index, draft.medium, DRAFT, draft.text)
        for (item_id, index), draft in drafts
        if item_id == item.id
    )
    if not parts:
        return None
    cut_off = any(len(part.text) >= TEXT_MAX for part in parts)
    told = replace(item, parts=tuple(sorted(parts, key=lambda part: part.index)), clipped=cut_off)
    return join(item, told)
