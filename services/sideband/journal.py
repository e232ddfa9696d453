"""A call's transcript in memory, and which of its items the table does not have yet: pure, without I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson
from switchboard.domain.ports.transcripts import TranscriptPage
from switchboard.domain.transcript import (
    GAP,
    Item,
    Transcript,
    changed,
    close,
    fold,
    forget,
    from_entry,
    mark_lost,
    merge_entries,
    missing,
    settled,
    tear,
    to_entry,
)
from switchboard.domain.transcript.item import COMPLETED
from switchboard.domain.transcript.join import join
from switchboard.domain.transcript.upkeep import mark_run, unanswered

from sideband import limits


class Progress(IntEnum):
    """What an event did to the items."""

    NOTHING = 0
    APPEARED = 1
    SETTLED = 2


@dataclass(frozen=True, slots=True)
class Write:
    """One write of one page. `more` says that further items wait for the next page."""

    number: int
    revision: int
    entries: Mapping[str, dict[str, Any]]
    size: int
    items: tuple[Item, ...]
    more: bool


class Journal:
    """Folds events and packs changed items into pages; `written` tells it what has become durable.

    Args:
        transcript: what the pages up to now tell.
        number: the page to fill, empty so far.
        before: the revision of the page in front of it.

    Attributes:
        gaps: the ids that the pages name and tell nothing of.
        unanswered: the model's function calls that the pages tell of without an output.
        called: the call ids of all function calls that the pages tell of.
    """

    __slots__ = (
        "_before",
        "_durable",
        "_entries",
        "_number",
        "_revision",
        "_since",
        "_size",
        "_stored",
        "called",
        "gaps",
        "transcript",
        "unanswered",
    )

    def __init__(self, transcript: Transcript, number: int, before: int = 0) -> None:
        self.gaps = missing(transcript)
        self.unanswered = unanswered(transcript)
        self.called = frozenset(item.call_id for item in transcript.items.values() if item.call_id)
        self.transcript = forget(transcript, transcript.items.values())
        self._stored = self.transcript
        self._number = number
        self._revision = self._durable = 0
        self._before = before
        self._entries: Mapping[str, dict[str, Any]] = {}
        self._size = 0
        self._since: dict[str, float] = {}

    @classmethod
    def of_pages(cls, pages: Sequence[TranscriptPage], number: int) -> Journal:
        """Return the journal that goes on behind these pages, on the empty page `number`."""
        before = next((page.revision for page in pages if page.number == number - 1), 0)
        return cls(merge_entries(entry for page in pages for entry in page.entries), number, before)

    def fold(self, event: dict[str, Any], now: float) -> Progress:
        """Take one upstream event, heard of at `now` (monotonic seconds)."""
        before = self.transcript
        self.transcript = after = fold(before, event)
        if after.items is before.items:
            return Progress.NOTHING
        return self._noted(changed(before, after), now)

    def missing(self, *, unsettled: bool = False) -> tuple[str, ...]:
        """Return the ids that are worth a retrieve."""
        return missing(self.transcript, unsettled=unsettled)

    def lacks(self, item_id: str) -> bool:
        """True for an item of which nothing is known, though whoever named it may be forgotten already."""
        if item_id in self.transcript.items:
            return item_id in self.missing()
        return not self.transcript.forgot(item_id)

    def lose(self, item_id: str, now: float) -> None:
        """Note that the upstream no longer has the item."""
        before = self.transcript
        self.transcript = mark_lost(before, item_id)
        self._noted(changed(before, self.transcript), now)

    def mark_run(self, item_id: str, tool_ms: int | None) -> None:
        """Note that an item which has just come is the output of a tool of ours, and how long that ran."""
        self.transcript = mark_run(self.transcript, item_id, tool_ms)

    def open(self, name: str) -> None:
        """Note that something may have been said before anybody listened; it is written with what follows."""
        self.transcript = tear(self.transcript, name, opening=True)

    def tear(self, name: str, now: float) -> None:
        """Note that from here on something may have been said that nobody heard. Names are never repeated."""
        before = self.transcript
        self.transcript = tear(before, name)
        self._noted(changed(before, self.transcript), now)

    def close(self, now: float) -> None:
        """End the call: unfinished items become final as far as they are known."""
        before = self.transcript
        self.transcript = close(before)
        self._noted(changed(before, self.transcript), now)

    def unsaved(self) -> tuple[Item, ...]:
        """Return the items whose newest version is not in the table."""
        return changed(self._stored, self.transcript)

    def unwritten(self) -> int:
        """Return how many items are not in the table as they are; marks of gaps are none."""
        return len(self._unsaved_words())

    def _unsaved_words(self) -> list[Item]:
        return [item for item in self.unsaved() if item.kind != GAP]

    def next_write(self) -> Write | None:
        """Return the page to write now, None if the table has everything.

        Every attempt has a higher revision, so that one that was thought to have failed can do no harm.
        """
        unsaved = self.unsaved()
        if not unsaved:
            return None
        number, entries, size = self._number, dict(self._entries), self._size
        taken: list[Item] = []
        for item in unsaved:
            entry = to_entry(_with_known(item, entries))
            growth = _size(entry) - (_size(entries[item.id]) if item.id in entries else 0)
            if size + growth > limits.PAGE_BYTES and entries:
                if taken:
                    break
                number, entries, size, growth = number + 1, {}, 0, _size(entry)
            entries[item.id] = entry
            size += growth
            taken.append(item)
        self._revision += 1
        return Write(number, self._revision, entries, size, tuple(taken), len(taken) < len(unsaved))

    def written(self, write: Write) -> list[float]:
        """Note that the write is durable; return when each item that it settled was last heard of."""
        if write.number > self._number:
            self._before = self._durable
        self._durable = write.revision
        self._number, self._entries, self._size = write.number, write.entries, write.size
        current = self.transcript.items
        whole = [item.id for item in write.items if current.get(item.id) is item]
        stored = {**self._stored.items, **{item.id: item for item in write.items}}
        self.transcript = forget(self.transcript, write.items)
        kept = self.transcript.items
        self._stored = Transcript({name: item for name, item in stored.items() if name in kept})
        return [self._since.pop(item_id) for item_id in whole if item_id in self._since]

    def durable(self) -> tuple[int, int, int, tuple[Mapping[str, Any], ...]]:
        """Return the last page as it is stored: number, revision, that of the page before it, and entries.

        The number is 0 as long as there is none.
        """
        number = self._number if self._durable or self._number > 1 else 0
        return number, self._durable, self._before, tuple(self._entries.values())

    def shed(self) -> int:
        """Give up the words of the oldest unsaved items beyond the limit; return how many lost theirs."""
        unsaved = sorted(self._unsaved_words(), key=lambda item: item.seq)
        excess = sum(_size(to_entry(item)) for item in unsaved) - limits.UNSAVED_BYTES
        items = dict(self.transcript.items)
        given_up = 0
        for item in unsaved:
            if excess <= 0:
                break
            stub = Item(item.id, item.seq, item.previous, item.lineage, lost=True, ended=True)
            if stub != item:
                excess -= _size(to_entry(item)) - _size(to_entry(stub))
                items[item.id] = stub
                given_up += 1
        if given_up:
            self.transcript = self.transcript._replace(items=items)
        return given_up

    def _noted(self, items: tuple[Item, ...], now: float) -> Progress:
        progress = Progress.NOTHING
        for item in items:
            if settled(item):
                self._since.setdefault(item.id, now)
                progress = Progress.SETTLED
            elif not progress and not _is_being_said(item):
                progress = Progress.APPEARED
        return progress


def _with_known(item: Item, entries: Mapping[str, dict[str, Any]]) -> Item:
    """Return the item with what its page knows of it: an amendment alone would take its words' place."""
    known = entries.get(item.id) if item.amends else None
    return item if known is None else join(from_entry(known), item)


def _is_being_said(item: Item) -> bool:
    """True for an utterance before it is committed: the upstream could not tell of it yet if asked."""
    return item.role == "user" and item.progress < COMPLETED and item.is_user_audio


def _size(entry: Mapping[str, Any]) -> int:
    return len(orjson.dumps(entry)) + 1
