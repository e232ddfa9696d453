"""Places of calls in one process's memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from switchboard.domain.place import Place, Slot


class MemoryPlaces:
    """The places."""

    def __init__(self) -> None:
        self._places: dict[Slot, Place] = {}
        self._lock = Lock()

    def list(self, pool: str, window: int) -> Mapping[int, Place]:
        """Return the places of a window that are held, by number."""
        with self._lock:
            held = self._places.items()
            return {slot.number: place for slot, place in held if (slot.pool, slot.window) == (pool, window)}

    def find(self, slot: Slot) -> Place | None:
        """Return the place, None if nobody holds it."""
        return self._places.get(slot)

    def swap(self, slot: Slot, seen: Place | None, place: Place, now: int) -> bool:
        """Put `place` where `seen` was read; False if it is so no more."""
        with self._lock:
            stored = self._places.get(slot)
            if stored and stored.lapses_at <= now:
                stored = None
            if stored != seen:
                return False
            if place.lapses_at <= now:
                self._places.pop(slot, None)
            else:
                self._places[slot] = place
            return True
