"""The transcript of a call as a value, and how it takes in news of items."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from .item import FAILED, Item, Known, News
from .join import learn
from .limits import CROWD, ITEMS_MAX, SENTENCES, WORDS_MAX


class Draft(NamedTuple):
    """Words that are still coming: the text so far and the id of the event that brought its end."""

    text: str
    medium: str
    event_id: str


RECENT: Final = 8  # asked first of what is forgotten, as nearly always the item before this one is meant
DraftKey = tuple[str, int]  # the item's id and the part's index


NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


class Transcript(NamedTuple):
    """One call's items in memory, by id. Nobody changes one; a tuple, as every delta makes a new one.

    `drafts` are words not yet final, by item and part. `seq` numbers the next arrival. `forgotten` holds
    hashes of the ids that the journal keeps for us, oldest first. `broken` names the latest responses that
    ended early. `refused` counts events that found no room, whole or for their words; nothing else is ever
    dropped.
    """

    items: Mapping[str, Item] = NOTHING
    drafts: Mapping[DraftKey, Draft] = NOTHING
    seq: int = 0
    forgotten: "array[int]" = array("q")
    broken: tuple[str, ...] = ()
    refused: int = 0

    def forgot(self, item_id: str) -> bool:
        """True when the item was stored and then forgotten."""
        mark = hash(item_id)
        return mark in self.forgotten[-RECENT:] or mark in self.forgotten


def absorb(transcript: Transcript, news: Iterable[News]) -> Transcript:
    """Return the transcript with news of some items; itself when there is nothing new in them."""
    items, drafts = transcript.items, transcript.drafts
    fresh: dict[str, Item] = {}
    refused = 0
    for item_id, known in news:
        ours = fresh.get(item_id) or items.get(item_id)
        joined = _told(transcript, ours, item_id, known)
        if joined is ours or joined is None:
            continue
        if ours is None and len(items) + len(fresh) >= ITEMS_MAX:
            refused += 1
            continue
        if len(items) > CROWD and not _has_room(items, ours, joined):
            joined = _wordless(ours, joined)
            refused += 1
            if joined == ours:
                continue
        fresh[item_id] = joined
        if drafts:
            drafts = _superseded(drafts, joined)
    if not fresh and not refused:
        return transcript
    return Transcript(
        {**items, **fresh},
        drafts,
        transcript.seq + 1,
        transcript.forgotten,
        transcript.broken,
        transcript.refused + refused,
    )


def _told(transcript: Transcript, ours: Item | None, item_id: str, known: Known) -> Item | None:
    """Return the item as it is now known; None for the repeat of one that was stored and forgotten."""
    if ours is not None and not ours.amends:
        item = learn(ours, transcript.seq, known)
    elif not transcript.forgot(item_id):
        item = Item(item_id, transcript.seq, **known)
    elif known.get("interrupted") or known.get("deleted"):
        blank = Item(item_id, transcript.seq, amends=True)
        item = learn(ours or blank, transcript.seq, known)
    else:
        return ours
    if transcript.broken and not item.ended and item.response_id in transcript.broken:
        return replace(item, ended=True)
    return item


def _has_room(items: Mapping[str, Item], ours: Item | None, joined: Item) -> bool:
    """Tell whether there is room for what an item's words have grown to."""
    size = _size(joined)
    if size <= SENTENCES or (ours is not None and size <= _size(ours)):
        return True
    return size + sum(map(_size, items.values())) <= WORDS_MAX


def _wordless(ours: Item | None, joined: Item) -> Item:
    """Return what is new of an item without its new words."""
    known = {part.index: part.text for part in ours.parts} if ours is not None else {}
    parts = tuple(replace(part, text=known.get(part.index, "")) for part in joined.parts)
    arguments, output = (ours.arguments, ours.output) if ours is not None else ("", "")
    return replace(joined, parts=parts, arguments=arguments, output=output, clipped=True)


def _size(item: Item) -> int:
    return len(item.arguments) + len(item.output) + sum(len(part.text) for part in item.parts)


def _superseded(drafts: Mapping[DraftKey, Draft], item: Item) -> Mapping[DraftKey, Draft]:
    for part in item.parts:
        if part.rank >= FAILED and (item.id, part.index) in drafts:
            drafts = {key: draft for key, draft in drafts.items() if key != (item.id, part.index)}
    return drafts
