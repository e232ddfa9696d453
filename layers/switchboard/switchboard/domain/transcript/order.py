"""Put items in the order of the conversation: by lineage, and by arrival only where lineage is silent."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from .item import ADDED_LINEAGE, COMPLETED, DONE_LINEAGE, GAP, NO_LINEAGE, OUTPUT_LINEAGE, START, Item


def order(items: Iterable[Item]) -> list[Item]:
    """Return the items as they were said, each after its predecessor.

    Of two items with the same predecessor the later was inserted in front of the earlier, unless what came
    first has been deleted since. A chain whose beginning is unknown stands where its first item arrived.
    Items outside the conversation are left out. Cycles cannot happen upstream; if one does, it is cut at its
    earliest arrival. A chain of which nothing was seen to begin had begun before somebody listened
    again, and stands before all that was seen to begin since.

    A gap stands where nobody listened, if what follows it does not name what stands before it: then something
    may have been said between. It bears the times of the call's audio between which that was. An item whose
    predecessor was told while nobody listened has one before it, too, and behind it unless the next names it.
    """
    known = list(items)
    gaps = sorted((item for item in known if item.kind == GAP), key=lambda gap: (gap.seq, gap.id))
    said = _by_lineage((item for item in known if item.kind != GAP), [gap.seq for gap in gaps])
    return _with_gaps(said, gaps) if gaps else said


def _with_gaps(said: list[Item], gaps: Sequence[Item]) -> list[Item]:
    """Return the items with the gaps that lineage does not deny, one where several fall together."""
    behind: dict[int, Item] = {}
    for gap in gaps:
        before = max((place for place, item in enumerate(said) if item.seq < gap.seq), default=-1)
        previous = said[before].id if before >= 0 else START
        following = said[before + 1] if before + 1 < len(said) else None
        if following is None and gap.previous == START:
            continue  # nothing was ever heard: the call may have been silent from its beginning
        if following is None or following.lineage < DONE_LINEAGE or following.previous != previous:
            behind.setdefault(before, _timed(gap, said, before + 1))
    for place, item in enumerate(said):
        if _is_adrift(item) and (torn := [gap for gap in gaps if gap.seq < item.seq]):
            name = f"{torn[-1].id}_{item.id}"
            behind.setdefault(place - 1, _timed(replace(torn[-1], id=name, previous=None), said, place))
            following = said[place + 1] if place + 1 < len(said) else None
            if following is None or not (following.previous == item.id or _is_adrift(following)):
                end = replace(torn[-1], id=f"{name}_end", previous=None)
                behind.setdefault(place, _timed(end, said, place + 1))
    placed = [behind[-1]] if -1 in behind else []
    for place, item in enumerate(said):
        placed += [item, behind[place]] if place in behind else [item]
    return placed


def _timed(gap: Item, said: Sequence[Item], place: int) -> Item:
    """Return a gap with the times of the call's audio that it has in front of that place."""
    ends = (item.audio_end_ms for item in said[:place] if item.audio_end_ms is not None)
    starts = said[place].audio_start_ms if place < len(said) else None
    return replace(gap, audio_start_ms=max(ends, default=None), audio_end_ms=starts)


def _is_adrift(item: Item) -> bool:
    """True for an item of which nobody heard where it belongs; what is being said has no place yet."""
    is_said = item.role != "user" or item.progress >= COMPLETED or item.status == "completed"
    return item.previous is None and item.lineage == NO_LINEAGE and is_said


def _was_seen_to_begin(item: Item) -> bool:
    """True for an item whose beginning was heard: it arrived when it was said."""
    is_being_said = 0 < item.progress < COMPLETED or item.audio_start_ms is not None
    return item.lineage in (OUTPUT_LINEAGE, ADDED_LINEAGE) or (item.is_user_audio and is_being_said)


def _by_lineage(items: Iterable[Item], torn: Sequence[int]) -> list[Item]:
    """Return the items by lineage; `torn` says, in order, at which arrivals somebody listened again."""
    nodes = {item.id: item for item in items if not item.is_aside}
    children: dict[str, list[str]] = {}
    for item in nodes.values():
        if item.previous is not None:
            children.setdefault(item.previous, []).append(item.id)
    heads = [item.id for item in nodes.values() if item.previous is None]
    heads += [name for name in children if name not in nodes and name != START]
    arrived, gone = _measure(nodes, children, [START, *heads])
    for siblings in children.values():
        siblings.sort(key=lambda name: (not gone[name], -nodes[name].seq, name))
    for name in heads:
        if not any(_was_seen_to_begin(nodes[each]) for each in _walk(children, [name]) if each in nodes):
            arrived[name] = max((seq for seq in torn if seq < arrived[name]), default=arrived[name])
    heads.sort(key=lambda name: (arrived[name], nodes[name].seq if name in nodes else 0, name))
    rest = sorted(nodes, key=lambda name: (nodes[name].seq, name))
    return [nodes[name] for name in _walk(children, chain([START], heads, rest)) if name in nodes]


def _walk(children: dict[str, list[str]], heads: Iterable[str]) -> list[str]:
    """Return every name once, parents first, each with its descendants behind it."""
    seen: set[str] = set()
    walked = []
    for head in heads:
        stack = [head]
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                walked.append(name)
                stack.extend(reversed(children.get(name, ())))
    return walked


def _measure(
    nodes: dict[str, Item], children: dict[str, list[str]], heads: list[str]
) -> tuple[dict[str, int], dict[str, bool]]:
    """Return for each name, over itself and its descendants, the first arrival and whether all is deleted."""
    latest = max((item.seq for item in nodes.values()), default=0)
    arrived = dict.fromkeys(heads, latest)
    arrived |= {name: item.seq for name, item in nodes.items()}
    gone = dict.fromkeys(heads, True) | {name: item.deleted for name, item in nodes.items()}
    for name in reversed(_walk(children, chain(heads, nodes))):
        item = nodes.get(name)
        if item is not None and item.previous in arrived:
            arrived[item.previous] = min(arrived[item.previous], arrived[name])
            gone[item.previous] = gone[item.previous] and gone[name]
    return arrived, gone
