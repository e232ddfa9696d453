"""Compare a transcript with what was truly said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from switchboard.domain.transcript import GAP, Item

WORDLESS = ("lost", "pending", "in_progress", "untranscribed", "failed", "incomplete")


@dataclass
class Tally:
    """Items of all calls by what became of them; `wrong` tells of each that nobody could have noticed."""

    expected: int = 0
    found: int = 0
    in_gaps: int = 0
    marked: int = 0
    lost_unseen: int = 0
    doubled: int = 0
    disordered: int = 0
    adrift: int = 0
    gaps: int = 0
    idle_gaps: int = 0
    calls: int = 0
    whole: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, call_id: str, truth: Sequence[dict[str, Any]], items: Sequence[Item]) -> None:
        """Count one call. `truth` is the simulator's, in order."""
        shown = [item for item in items if not item.deleted]
        places = {item.id: place for place, item in enumerate(shown) if item.kind != GAP}
        words = {item.id: item for item in shown}
        told = [line["item_id"] for line in truth]
        self.calls += 1
        self.expected += len(told)
        found_before = self.found
        hidden: set[int] = set()
        for line in truth:
            item = words.get(line["item_id"])
            if item is None:
                self._absent(call_id, line["item_id"], told, places, shown, hidden)
            elif (item.text or None) == line["text"]:
                self.found += 1
            elif item.status in WORDLESS or not item.text:
                self.marked += 1
            else:
                self._lose(f"{call_id} {item.id} ({item.status}): {item.text!r} instead of {line['text']!r}")
        self.whole += self.found - found_before == len(told)
        gaps = [place for place, item in enumerate(shown) if item.kind == GAP]
        self.gaps += len(gaps)
        self.idle_gaps += sum(place not in hidden for place in gaps)
        self._doubles(call_id, told, shown)
        self._order(call_id, told, places, shown)

    def _absent(
        self,
        call_id: str,
        item_id: str,
        told: list[str],
        places: dict[str, int],
        shown: Sequence[Item],
        hidden: set[int],
    ) -> None:
        """Count an item that is not there: seen to be missing if a mark stands between its neighbours.

        Those are the nearest items whose own place is known.
        """
        places = {name: place for name, place in places.items() if not _is_adrift(shown[place])}
        index = told.index(item_id)
        before = max((places[name] for name in told[:index] if name in places), default=-1)
        after = min((places[name] for name in told[index:] if name in places), default=len(shown))
        marks = {place for place in range(before + 1, after) if shown[place].status == "lost"}
        if before >= 0 and shown[before].status == "lost":
            marks.add(before)
        if after < len(shown) and shown[after].status == "lost":
            marks.add(after)
        if marks:
            self.in_gaps += 1
            hidden |= marks
        else:
            self._lose(f"{call_id} {item_id}: not there, and nothing shows it ({index + 1} of {len(told)})")

    def _lose(self, what: str) -> None:
        self.lost_unseen += 1
        self.wrong.append(what)

    def _doubles(self, call_id: str, told: list[str], shown: Sequence[Item]) -> None:
        names = [item.id for item in shown if item.kind != GAP]
        extra = len(names) - len(set(names) & set(told))
        if extra > 0:
            self.doubled += extra
            self.wrong.append(f"{call_id}: {extra} items too many")

    def _order(self, call_id: str, told: list[str], places: dict[str, int], shown: Sequence[Item]) -> None:
        seen = [name for name in told if name in places]
        for earlier, later in pairwise(seen):
            if places[later] < places[earlier]:
                if _is_adrift(shown[places[later]]) or _is_adrift(shown[places[earlier]]):
                    self.adrift += 1
                    continue
                self.disordered += 1
                self.wrong.append(
                    f"{call_id}: {_place(shown[places[later]])} before {_place(shown[places[earlier]])}"
                )


def _place(item: Item) -> str:
    return (
        f"{item.id} ({item.role or item.kind}, behind {item.previous} by {item.lineage}, arrival {item.seq})"
    )


def _is_adrift(item: Item) -> bool:
    """True for an item whose place was told while nobody listened: nothing can be known of it any more."""
    return item.previous is None
