"""Growing pauses between tries, with jitter so that crowds disperse."""

from __future__ import annotations

from random import Random


class Backoff:
    """Pauses that double from `first` to `longest`; each is drawn from the upper half of its size."""

    __slots__ = ("_chance", "_first", "_longest", "_next")

    def __init__(self, first: float, longest: float, chance: Random) -> None:
        self._first = first
        self._longest = longest
        self._next = first
        self._chance = chance

    def next(self) -> float:
        """Return the seconds to wait before the next try."""
        pause, self._next = self._next, min(self._next * 2, self._longest)
        return pause * self._chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin with the shortest pause again."""
        self._next = self._first
