"""Join two versions of one item: commutative, associative, idempotent, so that no order of news matters."""

from .item import START, UNKNOWN, Item, Part


def join(ours: Item, theirs: Item) -> Item:
    """Return what both versions know together; `ours` itself when `theirs` adds nothing."""
    previous, lineage, seq = _lineage(ours, theirs)
    joined = Item(
        id=ours.id,
        seq=seq,
        previous=previous,
        lineage=lineage,
        kind=_known(ours.kind, theirs.kind),
        role=_either(ours.role, theirs.role),
        parts=_parts(ours.parts, theirs.parts),
        progress=max(ours.progress, theirs.progress),
        name=_either(ours.name, theirs.name),
        call_id=_either(ours.call_id, theirs.call_id),
        arguments=_longer(ours.arguments, theirs.arguments),
        output=_longer(ours.output, theirs.output),
        error=_either(ours.error, theirs.error),
        phase=_either(ours.phase, theirs.phase),
        response_id=_either(ours.response_id, theirs.response_id),
        output_index=_least(ours.output_index, theirs.output_index),
        audio_start_ms=_least(ours.audio_start_ms, theirs.audio_start_ms),
        audio_end_ms=_most(ours.audio_end_ms, theirs.audio_end_ms),
        heard_ms=_least(ours.heard_ms, theirs.heard_ms),
        interrupted=ours.interrupted or theirs.interrupted,
        deleted=ours.deleted or theirs.deleted,
        ended=ours.ended or theirs.ended,
        lost=ours.lost or theirs.lost,
        clipped=ours.clipped or theirs.clipped,
        aside=ours.aside or theirs.aside,
        amends=ours.amends and theirs.amends,
        source=_either(ours.source, theirs.source),
    )
    return ours if joined == ours else joined


def _lineage(ours: Item, theirs: Item) -> tuple[str | None, int, int]:
    if ours.lineage != theirs.lineage:
        better = ours if ours.lineage > theirs.lineage else theirs
        return better.previous, better.lineage, better.seq
    previous = max(ours.previous, theirs.previous, key=_worth)
    return previous, ours.lineage, min(ours.seq, theirs.seq)


def _worth(previous: str | None) -> tuple[bool, bool, str]:
    return previous is not None, previous != START, previous or ""


def _parts(ours: tuple[Part, ...], theirs: tuple[Part, ...]) -> tuple[Part, ...]:
    if not theirs or ours == theirs:
        return ours
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
    return Part(ours.index, _either(ours.medium, theirs.medium), rank, text)


def _either(ours: str, theirs: str) -> str:
    return ours if ours >= theirs else theirs


def _known(ours: str, theirs: str) -> str:
    if ours == UNKNOWN or theirs == UNKNOWN:
        return theirs if ours == UNKNOWN else ours
    return _either(ours, theirs)


def _longer(ours: str, theirs: str) -> str:
    return ours if (len(ours), ours) >= (len(theirs), theirs) else theirs


def _least(ours: int | None, theirs: int | None) -> int | None:
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return min(ours, theirs)


def _most(ours: int | None, theirs: int | None) -> int | None:
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return max(ours, theirs)
