"""Fill the gaps of what the sideband heard with what a browser reports, labelled as such.

A report can put words where nobody heard any, and nothing else: it moves, changes and hides no item that was
heard, whatever it says. Where it is not certain to which of several gaps its words belong, they are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from .align import OWN
from .item import COMPLETED, GAP, START, UNKNOWN, Item
from .offers import BROWSER, Heard, Offer, Reading, is_within
from .order import order

Report = Sequence[Item]  # what one log says was said; `previous` where it says so


def fill(heard: Heard, reports: Iterable[Report], elsewhere: Collection[str] = ()) -> list[tuple[int, Item]]:
    """Return what was heard with its gaps filled: the same for any order and any repeats of the reports.

    A gap goes if a report tells what stands before it, in it and behind it; else it stays beside the words
    that were found for it. `elsewhere` names items that were heard and are no part of the conversation.
    """
    talk = list(heard)
    orderly = [_in_order(report) for report in reports]
    while True:  # a gap that is filled may leave but one for another report's words; ends as it only shrinks
        offers: dict[int, Offer] = {}
        for told in orderly:
            for place, offer in Reading(talk, told, elsewhere).offers().items():
                known = offers.get(place)
                if known is None or offer.worth() > known.worth():
                    offers[place] = offer
        filled = _applied(talk, offers)
        if filled == talk:
            return talk
        talk = filled


def _in_order(report: Report) -> list[Item]:
    """Return the lines in the order of the conversation, as far as they name their predecessors."""
    starts = {line.id for line in report if line.previous == START}
    chained = (
        replace(line, seq=number, previous=None if line.previous == START else line.previous)
        for number, line in enumerate(report)
    )
    return [replace(line, previous=START) if line.id in starts else line for line in order(chained)]


def _applied(talk: Heard, offers: Mapping[int, Offer]) -> list[tuple[int, Item]]:
    used = {item.id for _, item in talk}
    filled: list[tuple[int, Item]] = []
    for place, (generation, item) in enumerate(talk):
        offer = offers.get(place)
        if offer is None:
            filled.append((generation, item))
        elif item.kind == GAP:
            filled += [(generation, each) for each in _in_place_of(item, generation, offer, used)]
        else:
            filled.append((generation, _worded(item, offer.lines[0])))
    return filled


def _in_place_of(gap: Item, generation: int, offer: Offer, used: set[str]) -> list[Item]:
    lines: list[Item] = []
    for number, line in enumerate(offer.lines):
        name = f"{OWN}{generation}_{gap.id}_{number}" if line.id.startswith(OWN) else line.id
        if name not in used:
            used.add(name)
            lines.append(replace(line, id=name, seq=gap.seq))
    if not lines:
        return [gap]
    if offer.before and offer.behind:
        return lines
    timed = [line for line in lines if is_within(line, gap)]
    if offer.behind:
        starts = [line.audio_start_ms for line in timed if line.audio_start_ms is not None]
        return [replace(gap, audio_end_ms=min(starts, default=gap.audio_end_ms)), *lines]
    ends = [line.audio_end_ms for line in timed if line.audio_end_ms is not None]
    return [*lines, replace(gap, audio_start_ms=max(ends, default=gap.audio_start_ms))]


def _worded(item: Item, line: Item) -> Item:
    """Return an item that was heard without words, with those of the report."""
    return replace(
        item,
        kind=line.kind if item.kind == UNKNOWN else item.kind,
        role=item.role or line.role,
        parts=line.parts,
        progress=COMPLETED if item.lost else item.progress,
        name=item.name or line.name,
        call_id=item.call_id or line.call_id,
        arguments=line.arguments,
        output=line.output,
        lost=False,
        clipped=line.clipped,
        source=BROWSER,
    )
