"""Compare with the script what a reader gets, gaps filled from the browsers' logs.

Every word is owed, but for those of an item that says itself that it broke off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from switchboard.domain.transcript import BROWSER, GAP, Item

from dev.chaos.tally import is_beginning, says_all
from dev.chaos.truth import Line

BROKEN_OFF = ("incomplete", "interrupted")
"""Statuses that say that there may have been more words; those that were heard are left as they are."""


@dataclass
class Reading:
    """Items of all transcripts as they are read, by what became of them; `wrong` tells what is not right."""

    calls: int = 0
    equal: int = 0
    expected: int = 0
    found: int = 0
    browsers: int = 0
    missing: int = 0
    halved: int = 0
    mangled: int = 0
    doubled: int = 0
    disordered: int = 0
    adrift: int = 0
    gaps: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, call_id: str, truth: Sequence[Line], items: Sequence[Item]) -> None:
        """Count one call: its truth in order, and the transcript as readers get it."""
        wrong, lacking = len(self.wrong), self.adrift + self.halved
        shown = [item for item in items if item.kind != GAP and not item.deleted]
        places = {item.id: place for place, item in enumerate(shown)}
        self.calls += 1
        self.gaps += sum(item.kind == GAP for item in items)
        self.browsers += sum(item.source == BROWSER for item in shown)
        for line in truth:
            if not (line.words or line.known or line.item_id in places):
                continue  # nobody asked the upstream for its words in time: there never were any
            self.expected += 1
            self._compare(call_id, line, shown[places[line.item_id]] if line.item_id in places else None)
        extra = len(shown) - len(places.keys() & {line.item_id for line in truth})
        if extra:
            self.doubled += extra
            self.wrong.append(f"{call_id}: {extra} items are read twice, or were never said")
        self._order(
            call_id, [shown[places[line.item_id]] for line in truth if line.item_id in places], places
        )
        if len(self.wrong) > wrong:
            self.wrong.append(f"{call_id}: said {_names(truth)}; read {' '.join(map(_name, items))}")
        elif self.adrift + self.halved == lacking:
            self.equal += 1

    def _compare(self, call_id: str, line: Line, item: Item | None) -> None:
        if item is None:
            self.missing += 1
            self.wrong.append(f"{call_id} {line.item_id}: is not read, though the browser tells it")
        elif says_all(item, line):
            self.found += 1
        elif item.status in BROKEN_OFF and item.text.strip() and is_beginning(item, line):
            self.halved += 1
        else:
            self.mangled += 1
            self.wrong.append(
                f"{call_id} {line.item_id} ({item.status}): reads {item.text!r}, not {line.words!r}"
            )

    def _order(self, call_id: str, said: Sequence[Item], places: Mapping[str, int]) -> None:
        """Items whose place was heard stand in order; one between two gaps says that its place is unknown."""
        furthest = -1
        for item in said:
            place = places[item.id]
            if item.previous is None:
                self.adrift += _is_astray(places[item.id], [places[other.id] for other in said])
            elif place < furthest:
                self.disordered += 1
                self.wrong.append(f"{call_id} {item.id}: is read before one that was said earlier")
            else:
                furthest = place


def _is_astray(place: int, places: Sequence[int]) -> bool:
    """True if one that was said before this place's item is read behind it, or the other way round."""
    index = places.index(place)
    return max(places[:index], default=-1) > place or min(places[index:]) < place


def _names(truth: Sequence[Line]) -> str:
    return " ".join(line.item_id[-4:] + ("" if line.words or line.known else "(no words)") for line in truth)


def _name(item: Item) -> str:
    where = f"{item.kind} {item.audio_start_ms}-{item.audio_end_ms}" if item.kind == GAP else item.id[-4:]
    return f"{where}({item.status}, {item.source}, behind {(item.previous or '?')[-4:]})"
