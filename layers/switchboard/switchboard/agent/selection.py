"""Which earlier turns matter for a query: the newest, and those whose vectors point its way."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from heapq import nlargest
from math import sqrt

from switchboard.agent import limits
from switchboard.agent.turn import Turn

if sys.version_info >= (3, 12):
    from math import sumprod
else:
    from operator import mul

    def sumprod(left: Iterable[float], right: Iterable[float]) -> float:
        """Return the sum of the products of both."""
        return float(sum(map(mul, left, right)))


def pack(numbers: Sequence[float]) -> bytes:
    """Return the unit vector of these numbers as little-endian float32; all zeros stay zeros."""
    length = sqrt(sumprod(numbers, numbers)) or 1.0
    packed = array("f", [number / length for number in numbers])
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(vector: bytes) -> list[float]:
    """Return the numbers of a packed vector."""
    numbers = array("f")
    numbers.frombytes(vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def select(turns: Sequence[Turn], wanted: bytes | None, most: int) -> list[Turn]:
    """Return at most `most` of the turns, in their order: the newest few, then the nearest to `wanted`.

    Without a vector to compare with, the newest. A turn whose vector is missing, or of another size (another
    model's), is found among the newest only.
    """
    if most <= 0:
        return []
    if wanted is None or len(turns) <= most:
        return list(turns[-most:])
    recent = min(limits.RECENT_TURNS, most)
    places = set(range(len(turns) - recent, len(turns)))
    target = unpack(wanted)
    scored = (
        (sumprod(target, unpack(turn.vector)), place)
        for place, turn in enumerate(turns[:-recent])
        if turn.vector is not None and len(turn.vector) == len(wanted)
    )
    places.update(place for _, place in nlargest(most - recent, scored))
    return [turns[place] for place in sorted(places)]
