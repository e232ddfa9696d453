"""What one browser's report has to offer for the gaps of a talk and for its items without words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .align import Place, align, bounds
from .item import GAP, START, UNKNOWN, Item

BROWSER = "browser"
WORDLESS = ("lost", "untranscribed", "incomplete", "interrupted")
"""Statuses of items whose words, if there are none, come no more."""

Heard = Sequence[tuple[int, Item]]  # the generation of its call, and the item; in order


@dataclass(frozen=True, slots=True)
class Offer:
    """What a report has for one place; `before` and `behind`: nothing is missing on that side of it."""

    lines: tuple[Item, ...]
    before: bool = True
    behind: bool = True

    def worth(self) -> tuple[bool, int, int, str]:
        """Return what makes one offer better than another: that it is whole, that it tells more."""
        told = [(line.id, line.role, line.text, line.arguments, line.output) for line in self.lines]
        size = sum(len(str(each)) for each in told)
        return self.before and self.behind, len(self.lines), size, repr(self.lines)


def is_open(item: Item) -> bool:
    """Tell whether a browser's report may say more of this item, or of this gap, than is known."""
    if item.kind == GAP:
        return True
    wordless = not (item.text or item.arguments or item.output)
    return wordless and item.status in WORDLESS and not item.deleted and item.source != BROWSER


class Reading:
    """One report, held against the talk as it is known."""

    def __init__(self, talk: Heard, told: Sequence[Item], elsewhere: Collection[str]) -> None:
        self.talk = talk
        items = [item for _, item in talk]
        ids = [item.id for item in items]
        barred = {*elsewhere, *(item.id for item in items if item.kind == GAP), *_twice(ids)}
        self.told = [line for line in told if line.id not in barred]
        self.by_id = {item_id: place for place, item_id in enumerate(ids)}
        self.places = align(items, self.told)
        self.bounds = bounds(self.places, len(items))
        self.gaps = [place for place, item in enumerate(items) if item.kind == GAP]
        self.wordless = [place for place, item in enumerate(items) if item.kind != GAP and is_open(item)]

    def offers(self) -> dict[int, Offer]:
        """Return what there is for each place of the talk."""
        found = self._words_of_the_one()
        wordless = frozenset(self.wordless)
        for line, place in zip(self.told, self.places, strict=True):
            if place is not None and place in wordless and _fits(line, self.talk[place][1]):
                found[place] = Offer((line,))
        runs = self._runs()
        doubtful = self._doubtful({index for run in runs.values() for index in run})
        for gap, run in runs.items():
            if self._takes(gap):
                found[gap] = self._offer(gap, run, whole=gap not in doubtful)
        return found

    def _doubtful(self, placed: Collection[int]) -> set[int]:
        """Return the gaps into which a line may belong that has found no place."""
        doubtful: set[int] = set()
        for limits in {
            self.bounds[i] for i, place in enumerate(self.places) if place is None and i not in placed
        }:
            doubtful.update(_between(*limits, self.gaps) or self.gaps)
        return doubtful

    def _runs(self) -> dict[int, list[int]]:
        """Return the lines that belong into each gap."""
        runs: dict[int, list[int]] = {}
        if not self._is_of_this_talk():
            return runs
        ours: dict[str, int] = {}
        for index, place in enumerate(self.places):
            gap = self._gap_of(index, ours) if place is None else None
            if gap is not None:
                runs.setdefault(gap, []).append(index)
                ours[self.told[index].id] = gap
        return runs

    def _is_of_this_talk(self) -> bool:
        """Tell whether the report shares a line with the talk, or there is nothing that it could share."""
        known = any(place is not None for place in self.places)
        if known or any(line.previous in self.by_id for line in self.told):
            return True
        begins = any(line.previous == START for line in self.told)
        silent = not any(item.text for _, item in self.talk)
        if begins and silent and self.gaps and self._opens_a_call(self.gaps[0]):
            return True
        return len(self.gaps) == 1 and (silent or (begins and self._opens_a_call(self.gaps[0])))

    def _gap_of(self, index: int, ours: Mapping[str, int]) -> Place:
        """Return the one gap that a line can belong to, if there is one."""
        line, (low, high) = self.told[index], self.bounds[index]
        inside = _between(low, high, self.gaps)
        if len(inside) == 1:
            return inside[0]
        previous = line.previous or ""
        behind = ours.get(previous, self.by_id.get(previous, -2) + 1)
        if behind in inside:
            return behind
        if line.previous == START and inside and self._opens_a_call(inside[0]):
            return inside[0]
        timely = [gap for gap in inside if is_within(line, self.talk[gap][1])]
        return timely[0] if len(timely) == 1 else None

    def _takes(self, gap: int) -> bool:
        """False for a gap beside which words were put already."""
        beside = self.talk[max(gap - 1, 0) : gap + 2]
        return not any(item.source == BROWSER for _, item in beside)

    def _offer(self, gap: int, run: Sequence[int], *, whole: bool) -> Offer:
        lines = [self.told[index] for index in run]
        linked = all(after.previous in (None, before.id) for before, after in pairwise(lines))
        before = whole and linked and self._joins_before(gap, run[0])
        behind = whole and linked and self._joins_behind(gap, run[-1])
        return Offer(tuple(lines), before, behind)

    def _joins_before(self, gap: int, index: int) -> bool:
        first = self.told[index]
        if first.previous == START:
            return self._opens_a_call(gap)
        if first.previous is not None:
            return gap > 0 and self.talk[gap - 1][1].id == first.previous
        return index > 0 and self.places[index - 1] == gap - 1

    def _joins_behind(self, gap: int, index: int) -> bool:
        if gap + 1 == len(self.talk):
            return False
        last, (generation, following) = self.told[index], self.talk[gap + 1]
        if index + 1 == len(self.told) or self.places[index + 1] != gap + 1:
            return following.previous == last.id
        previous = self.told[index + 1].previous
        opens = previous == START and generation != self.talk[gap][0]
        return opens or previous in (None, last.id)

    def _opens_a_call(self, gap: int) -> bool:
        return gap == 0 or self.talk[gap - 1][0] != self.talk[gap][0]

    def _words_of_the_one(self) -> dict[int, Offer]:
        """Return the words of a page without ids for the one wordless item between two that it tells of."""
        if any(line.id in self.by_id for line in self.told):
            return {}
        runs: dict[tuple[int, int], list[Item]] = {}
        for line, place, limits in zip(self.told, self.places, self.bounds, strict=True):
            if place is None and limits[0] > -1 and limits[1] < len(self.talk):
                runs.setdefault(limits, []).append(line)
        found = {}
        for (low, high), lines in runs.items():
            inside = _between(low, high, self.wordless)
            alone = len(lines) == len(inside) == 1 and not _between(low, high, self.gaps)
            if alone and _fits(lines[0], self.talk[inside[0]][1]):
                found[inside[0]] = Offer((lines[0],))
        return found


def _fits(line: Item, item: Item) -> bool:
    """Tell whether a line can be the words of an item, by what is known of both."""
    same_kind = item.kind in (UNKNOWN, line.kind)
    return same_kind and (not item.role or not line.role or item.role == line.role)


def is_within(line: Item, gap: Item) -> bool:
    """Tell whether a line was spoken between the times that the gap bears, one of which may be open."""
    start, end = line.audio_start_ms, line.audio_end_ms
    if start is None or (gap.audio_start_ms is None and gap.audio_end_ms is None):
        return False
    late_enough = gap.audio_start_ms is None or gap.audio_start_ms <= start
    return late_enough and (gap.audio_end_ms is None or (end or start) <= gap.audio_end_ms)


def _between(low: int, high: int, places: Sequence[int]) -> Sequence[int]:
    """Return those of the rising places that lie between two."""
    return places[bisect_right(places, low) : bisect_left(places, high)]


def _twice(ids: Sequence[str]) -> set[str]:
    return {item_id for item_id, times in Counter(ids).items() if times > 1}
