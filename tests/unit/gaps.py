"""Talks with holes, as a host leaves them that was away for a while, and what the page has to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from switchboard.domain.transcript import (
    Item,
    Transcript,
    close,
    fold,
    mark_lost,
    missing,
    order,
    tear,
)

from tests.unit.conversations import Said, Upstream
from tests.unit.recordings import folded

Heard = list[tuple[int, Item]]


def heard_but(upstream: Upstream, stretches: Sequence[tuple[int, int]], *, forgets: bool = False) -> Heard:
    """Return what a host has at the call's end that missed these stretches of events.

    It asks for what lineage names; the upstream tells of it, unless it `forgets`.
    """
    transcript, at = Transcript(), 0
    for number, (start, end) in enumerate(sorted(stretches)):
        if start < at:
            continue
        transcript = folded(upstream.events[at:start], transcript)
        transcript, at = tear(transcript, f"gap_2_{number}"), end
        transcript = ask(upstream, transcript, forgets)
    transcript = ask(upstream, folded(upstream.events[at:], transcript), forgets)
    return [(2, item) for item in order(close(transcript).items.values())]


def ask(upstream: Upstream, transcript: Transcript, forgets: bool) -> Transcript:
    """Ask the upstream for what is missing, once for each."""
    snapshots = {said.id: said.snapshot for said in upstream.live if said.snapshot}
    asked: set[str] = set()
    while wanted := [name for name in missing(transcript, unsettled=True) if name not in asked]:
        for name in wanted:
            asked.add(name)
            if name in snapshots and not forgets:
                transcript = fold(
                    transcript, {"type": "conversation.item.retrieved", "item": snapshots[name]}
                )
            else:
                transcript = mark_lost(transcript, name)
    return transcript


def log_of(upstream: Upstream, *, ids: bool = True, lineage: bool = True) -> dict[str, Any]:
    """Return the log of a page that heard it all: with ids and predecessors, or without."""
    messages, calls, previous = [], [], None
    for said in upstream.live:
        told = told_of(said)
        if ids:
            told["id"] = said.id
        if lineage:
            told["previousItemId"] = previous
        previous = said.id
        if "name" in told:
            calls.append(told)
        elif told.get("content") != "":
            messages.append(told)
    return {"messages": messages, "toolCalls": calls}


def told_of(said: Said) -> dict[str, Any]:
    """Return what a page has to say of one item."""
    kind = said.snapshot["type"]
    if kind == "message":
        return {"role": said.snapshot["role"], "content": said.text}
    if kind == "function_call":
        return {"name": "find", "arguments": said.text}
    return {"type": kind, "output": said.text}


TEXTS = st.sampled_from(["yes", "no", "maybe", "Ωmega", "twelve", "rain", "something else", ""])
NAMES = st.none() | st.sampled_from(
    ["", "x", "gap_2_0", "root", "browser_0", *(f"item_{n}" for n in range(1, 60))]
)
FIELDS = {
    "role": st.sampled_from(["user", "assistant", "system", "nobody", ""]),
    "content": TEXTS | st.integers() | st.lists(TEXTS, max_size=3),
    "id": NAMES,
    "previousItemId": NAMES,
    "audioStartMs": st.none() | st.integers(-5, 20_000),
    "audioEndMs": st.none() | st.integers(-5, 20_000),
    "status": st.sampled_from(["completed", "incomplete", 7]),
    "type": st.sampled_from(["message", "function_call", "function_call_output"]),
    "name": NAMES,
    "arguments": TEXTS,
    "output": TEXTS,
}
LINES = st.lists(st.fixed_dictionaries({}, optional=FIELDS), max_size=12)


def lies() -> st.SearchStrategy[dict[str, Any]]:
    """Return logs of pages that say anything at all."""
    return st.fixed_dictionaries({"messages": LINES, "toolCalls": LINES})


@st.composite
def stretches(draw: st.DrawFn, upstream: Upstream, most: int = 3) -> list[tuple[int, int]]:
    """Return stretches of a conversation's events that nobody heard."""
    ends = draw(st.lists(st.integers(0, len(upstream.events)), max_size=2 * most))
    ends = sorted(ends)[: len(ends) // 2 * 2]
    return list(zip(ends[::2], ends[1::2], strict=True))
