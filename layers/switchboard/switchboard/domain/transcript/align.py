"""Find in a browser's report what the sideband heard too: by ids, or by words where the page has none."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from .item import GAP, Item

OWN: Final = "browser_"
"""How the ids begin that we give to lines which come without one."""

Words = tuple[str, str]
Place = int | None


def align(heard: Sequence[Item], told: Sequence[Item]) -> list[Place]:
    """Return for each line told its place in what was heard; None where nobody heard it.

    Ids count if the page's ids are the upstream's, which one that both know proves. Words count for lines
    without such an id: where they are said once on either side, or in the same order between such places.
    """
    by_id = {item.id: place for place, item in enumerate(heard)}
    places: list[Place] = [by_id.get(line.id) for line in told]
    knows_ids = any(place is not None for place in places)
    wordy = [
        index
        for index, line in enumerate(told)
        if places[index] is None and (not knows_ids or line.id.startswith(OWN))
    ]
    _match_unique(heard, told, wordy, places)
    _match_between(heard, told, frozenset(wordy), places)
    return places


def bounds(places: Sequence[Place], end: int) -> list[tuple[int, int]]:
    """Return for each line the last place that is told before it and the first that is told behind it."""
    before, behind = [-1] * len(places), [end] * len(places)
    last, first = -1, end
    for index, place in enumerate(places):
        before[index] = last
        last = last if place is None else max(last, place)
    for index in reversed(range(len(places))):
        behind[index] = first
        place = places[index]
        first = first if place is None else min(first, place)
    return list(zip(before, behind, strict=True))


def _match_unique(
    heard: Sequence[Item], told: Sequence[Item], wordy: Sequence[int], places: list[Place]
) -> None:
    ours = _once([(words, place) for place, item in enumerate(heard) if (words := _words(item))])
    theirs = _once([(words, index) for index in wordy if (words := _words(told[index]))])
    taken = {place for place in places if place is not None}
    pairs = sorted((index, ours[words]) for words, index in theirs.items() if words in ours)
    for index, place in _rising([pair for pair in pairs if pair[1] not in taken]):
        places[index] = place


def _match_between(
    heard: Sequence[Item], told: Sequence[Item], wordy: frozenset[int], places: list[Place]
) -> None:
    """Match what is said more than once, from both sides towards the gap between two places."""
    spots: dict[Words, list[int]] = {}
    for place, item in enumerate(heard):
        if words := _words(item):
            spots.setdefault(words, []).append(place)
    gaps = [place for place, item in enumerate(heard) if item.kind == GAP]
    limits = bounds(places, len(heard))
    runs: dict[tuple[int, int], list[int]] = {}
    for index in sorted(wordy):
        if places[index] is None:
            runs.setdefault(limits[index], []).append(index)
    for (low, high), run in runs.items():
        inside = gaps[bisect_right(gaps, low) : bisect_left(gaps, high)]
        at, until = low, inside[0] if inside else high
        for index in run:
            found = spots.get(_words(told[index]) or ("", ""), [])
            spot = bisect_right(found, at)
            if spot < len(found) and found[spot] < until:
                places[index] = at = found[spot]
        at, until = high, inside[-1] if inside else high
        for index in reversed(run):
            if places[index] is not None:
                break
            found = spots.get(_words(told[index]) or ("", ""), [])
            spot = bisect_left(found, at) - 1
            if spot >= 0 and found[spot] > until:
                places[index] = at = found[spot]


def _words(item: Item) -> Words | None:
    said = item.text or item.arguments or item.output
    plain = " ".join(re.findall(r"\w+", said.casefold())) or " ".join(said.split())
    return (item.role or item.name or item.kind, plain) if plain else None


def _once(pairs: Sequence[tuple[Words, int]]) -> dict[Words, int]:
    """Return those words that are there only once."""
    found: dict[Words, int] = {}
    twice: set[Words] = set()
    for words, number in pairs:
        if words in found:
            twice.add(words)
        found[words] = number
    return {words: number for words, number in found.items() if words not in twice}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs whose places rise."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        spot = bisect_left(tails, place)
        before.append(ends[spot - 1] if spot else -1)
        tails[spot : spot + 1] = [place]
        ends[spot : spot + 1] = [number]
    chain = []
    number = ends[-1] if ends else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]
