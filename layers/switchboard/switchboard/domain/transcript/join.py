"""Join versions of one item: commutative, associative, idempotent, so that no order of news matters."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from .item import NO_LINEAGE, START, UNKNOWN, Item, Known, Part

_NAMES: Final = tuple(field.name for field in fields(Item))
_POSITIONS: Final = {name: position for position, name in enumerate(_NAMES)}
_values: Final = attrgetter(*_NAMES)
_SETTERS: Final = tuple(getattr(Item, name).__set__ for name in _NAMES)


def join(ours: Item, theirs: Item) -> Item:
    """Return what both versions know together; `ours` itself when `theirs` adds nothing."""
    return _learn(ours, theirs.seq, dict(zip(_NAMES, _values(theirs), strict=True)))


def learn(item: Item, seq: int, known: Known) -> Item:
    """Return the item with what is now known of it; itself when that adds nothing.

    `seq` is the number of the arrival; it matters if this tells the item's place.
    """
    return _learn(item, seq, known)


def _learn(item: Item, seq: int, known: Mapping[str, Any]) -> Item:
    changes: dict[str, Any] = {}
    for name, value in known.items():
        rule = _RULES.get(name)
        if rule is not None:
            ours = getattr(item, name)
            if value != ours:
                better = rule(ours, value)
                if better != ours:
                    changes[name] = better
    lineage = known.get("lineage", NO_LINEAGE)
    if lineage >= item.lineage:
        _move(item, seq, lineage, known.get("previous"), changes)
    if not changes:
        return item
    values = list(_values(item))
    for name, value in changes.items():
        values[_POSITIONS[name]] = value
    return _made(values)


def _made(values: list[Any]) -> Item:
    """Return `Item(*values)` in half the time: what sets its fields is looked up once, not each time."""
    item = object.__new__(Item)
    for put, value in zip(_SETTERS, values, strict=True):
        put(item, value)
    return item


def _move(item: Item, seq: int, lineage: int, previous: str | None, changes: dict[str, Any]) -> None:
    """Note the better of two places: first by who told it, then by what was told."""
    if lineage > item.lineage:
        changes.update(previous=previous, lineage=lineage, seq=seq)
        return
    if seq < item.seq:
        changes["seq"] = seq
    if previous != item.previous and _worth(previous) > _worth(item.previous):
        changes["previous"] = previous


def _worth(previous: str | None) -> tuple[bool, bool, str]:
    return previous is not None, previous != START, previous or ""


def _parts(ours: tuple[Part, ...], theirs: tuple[Part, ...]) -> tuple[Part, ...]:
    if not ours:
        return theirs
    merged = {part.index: part for part in ours}
    for part in theirs:
        known = merged.get(part.index)
        merged[part.index] = part if known is None else _part(known, part)
    return tuple(merged[index] for index in sorted(merged))


def _part(ours: Part, theirs: Part) -> Part:
    worth, other = (ours.rank, len(ours.text), ours.text), (theirs.rank, len(theirs.text), theirs.text)
    rank, _, text = max(worth, other)
    return Part(ours.index, max(ours.medium, theirs.medium), rank, text)


def _known(ours: str, theirs: str) -> str:
    if ours == UNKNOWN or theirs == UNKNOWN:
        return theirs if ours == UNKNOWN else ours
    return max(ours, theirs)


def _longer(ours: str, theirs: str) -> str:
    return max(ours, theirs, key=lambda words: (len(words), words))


def _least(ours: int | None, theirs: int | None) -> int | None:
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return min(ours, theirs)


def _most(ours: int | None, theirs: int | None) -> int | None:
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return max(ours, theirs)


# An item's id and its place (previous, lineage, seq) have no rule of their own. Of two words for one thing
# the greater wins: any rule would do that is the same on both sides.
_RULES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "kind": _known,
    "role": max,
    "parts": _parts,
    "progress": max,
    "name": max,
    "call_id": max,
    "arguments": _longer,
    "output": _longer,
    "error": max,
    "phase": max,
    "response_id": max,
    "output_index": _least,
    "audio_start_ms": _least,
    "audio_end_ms": _most,
    "heard_ms": _least,
    "tool_ms": _least,
    "interrupted": max,
    "deleted": max,
    "ended": max,
    "lost": max,
    "clipped": max,
    "aside": max,
    "amends": min,
    "source": max,
}
