"""Places: how many calls may live at once. A place is a row, and there are as many rows as places.

A session holds one place of each pool that concerns it, whatever number of calls it has at the moment: while
a renewed call takes over from the old one, the two are one conversation. Nobody counts: a place that is held
is a row that names its session, and one whose time is over is free, so that nothing that crashes keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, Protocol
from zlib import crc32

from switchboard.domain import limits

Scope = Literal["guest", "network", "user", "fleet"]
Sizes = Mapping[Scope, int]
"""How many places each kind of pool has; 0 stands for no limit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Who holds a place, and until when. Times are seconds since the epoch.

    A call on its way and a call that is heard hold it side by side, so that the end of the old one does not
    free what the new one is about to need.

    Attributes:
        holder: the session.
        generation: that of the newest call that a host has heard, which holds the place until `heard_until`.
        coming: the least generation that a call on its way can have; it holds the place until `coming_until`.
    """

    holder: str
    generation: int = 0
    heard_until: int = 0
    coming: int = 0
    coming_until: int = 0

    @property
    def lapses_at(self) -> int:
        """When the place is free, whatever happens."""
        return max(self.heard_until, self.coming_until)

    def expect(self, generation: int, now: int) -> Place:
        """Hold it for a call that is on its way, and on for one that was so before and no host has heard."""
        kept = self
        if self.coming < generation and self.coming_until > now:
            kept = replace(self, generation=self.coming, heard_until=self.lapses_at)
        return replace(kept, coming=generation, coming_until=now + limits.CALL_COMING_SECONDS)

    def settle(self, generation: int, now: int) -> Place:
        """Hold it for a call that a host hears, as long as a call can last; a second host adds little."""
        settled, known = self, self.heard_until - now > limits.CALL_LONGEST_SECONDS / 2
        if generation > self.generation or (generation == self.generation and not known):
            settled = replace(self, generation=generation, heard_until=now + limits.CALL_LONGEST_SECONDS)
        return replace(settled, coming_until=0) if self.coming <= generation else settled

    def forgo(self, generation: int) -> Place:
        """Expect that call no more: it could not be placed."""
        return replace(self, coming_until=0) if self.coming == generation else self

    def leave(self, generation: int) -> Place:
        """Hold it no more for calls up to that generation: they are over."""
        left = replace(self, heard_until=0) if self.generation <= generation else self
        return replace(left, coming_until=0) if self.coming <= generation else left


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a place is: the pools are cut into windows, which are read and contended for one by one."""

    pool: str
    window: int
    number: int

    def __str__(self) -> str:
        """The form in which a call's row names it."""
        return f"{self.pool}/{self.window}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> Slot:
        """Return the slot of that text."""
        pool, window, number = text.rsplit("/", 2)
        return cls(pool, int(window), int(number))


@dataclass(frozen=True, slots=True)
class Pool:
    """The places of one user, guest or network of guests, or of everybody."""

    scope: Scope
    name: str
    size: int

    @property
    def windows(self) -> int:
        """How many windows it is cut into."""
        return -(-self.size // limits.PLACES_WINDOW)

    def order(self, session_id: str) -> Iterator[int]:
        """Yield windows to look into, where each session begins elsewhere: no window is everybody's first."""
        start = _spread(session_id)
        for step in range(min(self.windows, limits.PLACES_LOOKS)):
            yield (start + step) % self.windows

    def size_of(self, window: int) -> int:
        """Return how many places that window has."""
        return min(limits.PLACES_WINDOW, self.size - window * limits.PLACES_WINDOW)

    def slots(self, window: int, session_id: str) -> Iterator[Slot]:
        """Yield the slots of a window, likewise."""
        size = self.size_of(window)
        start = _spread(f"slot:{session_id}")
        return (Slot(self.name, window, (start + step) % size) for step in range(size))


class PlaceRows(Protocol):
    """Where places are kept. However many swap at once, one of them succeeds."""

    def list(self, pool: str, window: int) -> Mapping[int, Place]:
        """Return the places of a window that are held, by number."""

    def find(self, slot: Slot) -> Place | None:
        """Return the place, None if nobody holds it."""

    def swap(self, slot: Slot, seen: Place | None, place: Place, now: int) -> bool:
        """Put `place` where `seen` was read, None standing for a free one; False if it is so no more.

        A place that has lapsed at `now` is free; one that is put so is removed.
        """


def pools_of(owner: str, network: str | None, sizes: Sizes) -> tuple[Pool, ...]:
    """Return the pools that an owner draws on, the smallest first; without a network only what is known.

    Ids are hashed: a token's subject may be anything, and a pool's name is a key.
    """
    kind = owner.partition(":")[0]
    concerned: list[tuple[Scope, str]] = []
    if kind == "guest":
        concerned.append(("guest", _short(owner)))
        concerned += [("network", network)] if network else []
    if kind == "user":
        concerned.append(("user", _short(owner)))
    concerned.append(("fleet", "all"))
    pools = (Pool(scope, f"{scope}:{who}", sizes.get(scope, 0)) for scope, who in concerned)
    return tuple(pool for pool in pools if pool.size)


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def _spread(text: str) -> int:
    return crc32(text.encode())
