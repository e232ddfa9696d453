"""Go round all follows, a share of them with every step: thousands at once would halt the event loop."""

from __future__ import annotations

from math import ceil

from sideband.follow import Follow
from sideband.roster import Key, Roster


class Rounds:
    """Rounds of so many steps each."""

    def __init__(self, roster: Roster, steps: int) -> None:
        self._roster = roster
        self._steps = steps
        self._steps_left = 0
        self._keys: list[Key] = []

    @property
    def are_over(self) -> bool:
        """True when the next share begins a new round."""
        return self._steps_left == 0

    def share(self) -> list[Follow]:
        """Return the next share, less those that have ended meanwhile."""
        follows = self._roster.follows
        if self.are_over:
            self._keys, self._steps_left = list(follows), self._steps
        many = ceil(len(self._keys) / self._steps_left)
        now, self._keys = self._keys[:many], self._keys[many:]
        self._steps_left -= 1
        return [follows[key] for key in now if key in follows]
