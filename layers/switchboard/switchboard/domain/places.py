"""How many calls may live at once: a session takes places, keeps them over its calls, and gives them back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from switchboard.domain import limits
from switchboard.domain.errors import SwitchboardError, TooManyCalls
from switchboard.domain.place import Place, PlaceRows, Pool, Scope, Sizes, Slot, pools_of
from switchboard.domain.quota import Tell

Slots = tuple[str, ...]
"""The places of a session, as a call's row names them."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A call that is on its way.

    Attributes:
        generation: the least that the call can have in its session.
        kept: what the session's call so far holds, if it has one.
    """

    owner: str
    network: str | None
    session_id: str
    generation: int
    kept: Slots = ()


class Leaving(Protocol):
    """What those need of the places who only see calls live and end."""

    def settle(self, slots: Slots, session_id: str, generation: int) -> None:
        """Hold the places as long as a call can last, as a host hears that one."""

    def leave(self, slots: Slots, session_id: str, generation: int) -> None:
        """Give the places back, unless a newer call of the session holds them."""


class Places:
    """The places of everybody."""

    def __init__(self, rows: PlaceRows, sizes: Sizes, clock: Callable[[], datetime], tell: Tell) -> None:
        self._rows = rows
        self._sizes = sizes
        self._clock = clock
        self._tell = tell
        self._full: dict[str, datetime] = {}

    def require(self, owner: str, network: str | None, besides: Collection[str] = ()) -> None:
        """Raise TooManyCalls if a call would find no place now; those of sessions `besides` count as free."""
        for pool in pools_of(owner, network, self._sizes):
            if self._was_full(pool) and not besides:
                raise self._refusal(pool)
            if next(self._free(pool, owner, besides), None) is None:
                raise self._refusal(pool)

    @contextmanager
    def held(self, coming: Coming) -> Iterator[Slots]:
        """Take the places of a call while the block brings it about; if it raises, it comes no more."""
        slots = self.take(coming)
        try:
            yield slots
        except Exception:
            with suppress(SwitchboardError):  # they lapse by themselves
                self.forgo(slots, coming.session_id, coming.generation)
            raise

    def take(self, coming: Coming) -> Slots:
        """Return a place of every pool that concerns the call. Raise TooManyCalls, with none taken."""
        taken: list[str] = []
        try:
            for pool in pools_of(coming.owner, coming.network, self._sizes):
                taken.append(str(self._keep(pool, coming) or self._take(pool, coming)))
        except SwitchboardError:
            with suppress(SwitchboardError):
                self.forgo(tuple(taken), coming.session_id, coming.generation)
            raise
        return tuple(taken)

    def settle(self, slots: Slots, session_id: str, generation: int) -> None:
        """Hold the places as long as a call can last, as a host hears that one."""
        for slot in slots:
            self._change(slot, session_id, lambda place, now: place.settle(generation, now), anew=True)

    def forgo(self, slots: Slots, session_id: str, generation: int) -> None:
        """Expect that call no more."""
        for slot in slots:
            self._change(slot, session_id, lambda place, now: place.forgo(generation))

    def leave(self, slots: Slots, session_id: str, generation: int) -> None:
        """Give the places back, unless a newer call of the session holds them."""
        for slot in slots:
            self._change(slot, session_id, lambda place, now: place.leave(generation))

    def used(self, looks: int = limits.PLACES_LOOKS) -> float | None:
        """Return how many percent of the fleet's places are held, by so many windows; None if unlimited."""
        pools = pools_of("", None, self._sizes)
        if not pools:
            return None
        [fleet] = pools
        step = max(1, fleet.windows // looks)
        windows, now = range(0, fleet.windows, step), self._now()
        seen = (self._rows.list(fleet.name, window).values() for window in windows)
        held = sum(place.lapses_at > now for places in seen for place in places)
        return 100 * held / sum(fleet.size_of(window) for window in windows)

    def _keep(self, pool: Pool, coming: Coming) -> Slot | None:
        """Return the session's own place of the pool, if it still is."""
        for text in coming.kept:
            slot = Slot.parse(text)
            if slot.pool == pool.name and self._change(
                text, coming.session_id, lambda place, now: place.expect(coming.generation, now)
            ):
                return slot
        return None

    def _take(self, pool: Pool, coming: Coming) -> Slot:
        if self._was_full(pool):
            raise self._refusal(pool)
        for slot, seen in self._free(pool, coming.session_id, {coming.session_id}):
            now = self._now()
            place = (seen or Place(coming.session_id)).expect(coming.generation, now)
            if self._rows.swap(slot, seen, place, now):
                return slot
        raise self._refusal(pool)

    def _free(self, pool: Pool, seed: str, mine: Collection[str]) -> Iterator[tuple[Slot, Place | None]]:
        """Yield places to take, with what was seen there: of each window first those of sessions `mine`.

        `seed` says where to begin. Who comes to the end has seen every place held.
        """
        for window in pool.order(seed):
            there, now = self._rows.list(pool.name, window), self._now()
            held = {number: place for number, place in there.items() if place.lapses_at > now}
            slots = list(pool.slots(window, seed))
            yield from (
                (slot, held[slot.number])
                for slot in slots
                if slot.number in held and held[slot.number].holder in mine
            )
            yield from ((slot, None) for slot in slots if slot.number not in held)
        if pool.windows > 1:
            self._full[pool.name] = self._clock() + timedelta(seconds=limits.PLACES_FULL_SECONDS)

    def _was_full(self, pool: Pool) -> bool:
        return pool.name in self._full and self._clock() < self._full[pool.name]

    def _change(
        self, text: str, session_id: str, change: Callable[[Place, int], Place], *, anew: bool = False
    ) -> bool:
        """Change a place of the session's; False if it is not. `anew` takes one again that has lapsed."""
        slot = Slot.parse(text)
        for _ in range(limits.PLACE_TRIES):
            seen, now = self._rows.find(slot), self._now()
            if seen is None or seen.lapses_at <= now:
                if not anew:
                    return False
                seen = None
            elif seen.holder != session_id:
                return False
            place = change(seen or Place(session_id), now)
            if place == seen or self._rows.swap(slot, seen, place, now):
                return True
        return False

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _refusal(self, pool: Pool) -> TooManyCalls:
        self._tell(f"Calls{pool.scope.title()}Refusals", 1, "Count")
        details = {"limit": pool.scope, "calls": pool.size}
        return TooManyCalls(REFUSALS[pool.scope], details=details, retry_after=limits.CALLS_RETRY_AFTER)


REFUSALS: dict[Scope, str] = {
    "guest": "You have as many calls as a guest may have at once. End one first.",
    "network": "Guests from your network have as many calls as they may have at once.",
    "user": "You have as many calls as you may have at once. End one first.",
    "fleet": "The service has as many calls as it can carry.",
}
"""What whoever finds no place is told."""
