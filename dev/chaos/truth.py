"""What was truly said on a call, and which of it a host heard and had the time to write down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from dev.chaos import limits

Told = tuple[float, float]
"""When the first and the last news of an item went out."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item as it truly was.

    `words` are what a reader should find, None where the upstream itself has none; `spoken` are those of
    somebody whose transcription never came. `known` is what a tool's call or its answer says. `heard` says
    that somebody listened from its beginning to its end and lived long enough to write it down, so that
    nothing excuses its loss.
    """

    item_id: str
    words: str | None = None
    spoken: str | None = None
    known: tuple[str, ...] = ()
    heard: bool = True


def lines_of(call: Mapping[str, Any], deaths: Sequence[float] = ()) -> list[Line]:
    """Return what was said, as the simulator tells of a call. `deaths` are those of the call's hosts."""
    listeners = call["listeners"]
    return [
        Line(
            told["item_id"],
            told["text"],
            told["spoken"],
            tuple(str(told[name]) for name in ("name", "arguments", "output") if name in told),
            was_heard(told["told"], listeners, deaths) if told["told"] else False,
        )
        for told in call["transcript"]
    ]


def was_heard(told: Told, listeners: Sequence[Mapping[str, Any]], deaths: Sequence[float]) -> bool:
    """Return whether listeners, one after another, heard all news of an item, and none died of it unwritten.

    What was on its way when a connection was cut counts as unheard.
    """
    first, last = told
    if any(first <= death <= last + limits.DURABLE_WITHIN for death in deaths):
        return False
    return is_covered(first, last, listeners)


def is_covered(first: float, last: float, listeners: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether at any time between the two somebody listened; what fell on an edge may be unheard.

    Who hears on after another has taken over may be shut out of the pages, so only the newest counts.
    """
    ordered = sorted(listeners, key=lambda each: float(each["since"]))
    for listener, following in zip_longest(ordered, ordered[1:]):
        if listener["since"] >= first:
            return False
        until = float("inf") if listener["until"] is None else listener["until"]
        until -= limits.ON_ITS_WAY if listener["cut"] else 0.0
        if following is not None:
            until = min(until, following["since"] + limits.SIDE_BY_SIDE)
        if until > last:
            return True
        first = max(first, until)
    return False
