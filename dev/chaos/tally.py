"""Compare a transcript with what was truly said, item by item; nothing is excused that a host has heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from switchboard.domain.transcript import GAP, Item
from switchboard.domain.transcript.item import ADDED_LINEAGE, START

from dev.chaos.truth import Line

WORDLESS = ("lost", "pending", "in_progress", "untranscribed", "failed", "incomplete", "interrupted")
"""Statuses that tell a reader that words may be lacking."""


@dataclass
class Tally:
    """Items of all calls by what became of them; `wrong` tells of each that must not be."""

    calls: int = 0
    whole: int = 0
    expected: int = 0
    heard: int = 0
    found: int = 0
    marked: int = 0
    in_gaps: int = 0
    gaps: int = 0
    idle_gaps: int = 0
    adrift: int = 0
    lost_unseen: int = 0
    lost_heard: int = 0
    mangled: int = 0
    doubled: int = 0
    disordered: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Why the transcripts are not what they should be; empty if all is well. No talk proves nothing."""
        failures = list(self.wrong)
        if not self.heard:
            failures.append("no host heard anything: nothing is proved")
        return failures

    def add(self, call_id: str, truth: Sequence[Line], items: Sequence[Item]) -> None:
        """Count one call: its truth in order, and the transcript as readers get it."""
        page = _Page(items)
        found_before = self.found
        self.calls += 1
        self.expected += len(truth)
        self.heard += sum(line.heard for line in truth)
        filled: set[int] = set()
        for index, line in enumerate(truth):
            if line.item_id in page.items:
                self._compare(call_id, line, page.items[line.item_id])
                continue
            marks = page.marks_between(truth, index)
            filled |= marks
            if line.heard:
                self.lost_heard += 1
                self.wrong.append(f"{call_id} {line.item_id}: heard, and not there")
            elif marks:
                self.in_gaps += 1
            else:
                self.lost_unseen += 1
                self.wrong.append(f"{call_id} {line.item_id}: not there, and nothing shows it")
        self.whole += self.found - found_before == len(truth)
        self.gaps += len(page.gaps)
        self.idle_gaps += len(page.gaps - filled)
        self._doubles(call_id, truth, page)
        self._order(call_id, truth, page)

    def _compare(self, call_id: str, line: Line, item: Item) -> None:
        if says_all(item, line):
            self.found += 1
        elif line.heard:
            self.lost_heard += 1
            self.wrong.append(f"{call_id} {item.id} ({item.status}): heard, and its words are not there")
        elif item.status in WORDLESS and is_beginning(item, line):
            self.marked += 1
        else:
            self.mangled += 1
            self.wrong.append(f"{call_id} {item.id} ({item.status}): {item.text!r} instead of {line.words!r}")

    def _doubles(self, call_id: str, truth: Sequence[Line], page: _Page) -> None:
        extra = page.count - len(page.items.keys() & {line.item_id for line in truth})
        if extra > 0:
            self.doubled += extra
            self.wrong.append(f"{call_id}: {extra} items twice, or never said")

    def _order(self, call_id: str, truth: Sequence[Line], page: _Page) -> None:
        """Items whose place is known stand in order; of the others only a gap excuses a wrong place."""
        seen = [line.item_id for line in truth if line.item_id in page.places]
        settled = [name for name in seen if page.is_placed(name)]
        for earlier, later in pairwise(settled):
            if page.places[later] < page.places[earlier]:
                self.disordered += 1
                self.wrong.append(f"{call_id}: {later} stands before {earlier}")
        for earlier, later in pairwise(seen):
            if page.places[later] < page.places[earlier] and not {earlier, later} <= set(settled):
                if page.has_gap(page.places[later], page.places[earlier]):
                    self.adrift += 1
                else:
                    self.disordered += 1
                    self.wrong.append(f"{call_id}: {later} stands before {earlier}, and no gap is near")


class _Page:
    """One transcript as a reader sees it, and the places in it."""

    def __init__(self, items: Sequence[Item]) -> None:
        shown = [item for item in items if not item.deleted]
        self.gaps = {place for place, item in enumerate(shown) if item.kind == GAP}
        self.places = {item.id: place for place, item in enumerate(shown) if item.kind != GAP}
        self.items = {item.id: item for item in shown if item.kind != GAP}
        self.count = len(shown) - len(self.gaps)

    def is_placed(self, name: str) -> bool:
        """True for an item whose place was told; if nobody listened then, it cannot be known any more.

        That is so once it, or what it leads back to, was seen to begin.
        """
        above: set[str] = set()
        while name in self.items and name not in above:
            item = self.items[name]
            if item.previous == START or item.lineage == ADDED_LINEAGE:
                return True
            above.add(name)
            name = item.previous or ""
        return False

    def marks_between(self, truth: Sequence[Line], index: int) -> set[int]:
        """Return the gaps between the nearest neighbours of a line that are there, if those are in order."""
        there = [line.item_id in self.places for line in truth]
        start, end = self._between(truth, index, there)
        if start > end:
            start, end = self._between(
                truth,
                index,
                [
                    is_there and self.is_placed(line.item_id)
                    for line, is_there in zip(truth, there, strict=True)
                ],
            )
        return {place for place in self.gaps if start < place < end}

    def _between(self, truth: Sequence[Line], index: int, there: Sequence[bool]) -> tuple[int, int]:
        places = [
            self.places[line.item_id] if is_there else None
            for line, is_there in zip(truth, there, strict=True)
        ]
        before = [place for place in places[:index] if place is not None]
        after = [place for place in places[index:] if place is not None]
        return max(before, default=-1), min(after, default=len(self.places) + len(self.gaps))

    def has_gap(self, start: int, end: int) -> bool:
        """True if a gap is shown between two places, or right beside them."""
        return any(start - 1 <= place <= end + 1 for place in self.gaps)


def says_all(item: Item, line: Line) -> bool:
    """True if every word that was said is there, and no other."""
    if line.known:
        return tuple(filter(None, line.known)) == tuple(
            filter(None, (item.name, item.arguments, item.output))
        )
    if line.words is None:
        return not item.text or (line.spoken or "").startswith(item.text.strip())
    return item.text == line.words


def is_beginning(item: Item, line: Line) -> bool:
    """True if what is there of an item was said, and only its end lacks."""
    said = " ".join(line.known) or line.words or line.spoken or ""
    there = item.text or " ".join(filter(None, (item.name, item.arguments, item.output)))
    return said.startswith(there.strip())
