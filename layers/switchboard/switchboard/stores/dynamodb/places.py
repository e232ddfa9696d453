"""Places of calls in the table: one row each while it is held, moved by single conditional writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from switchboard.domain.place import Place, Slot
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

FREE = "attribute_not_exists(pk) OR lapses_at <= :now"
AS_SEEN = (
    "holder = :holder AND generation = :generation AND heard_until = :heard_until"
    " AND coming = :coming AND coming_until = :coming_until"
)


class DynamoPlaces:
    """The places. A window is a partition of its own, so that no key is hotter than its calls."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def list(self, pool: str, window: int) -> Mapping[int, Place]:
        """Return the places of a window that are held, by number."""
        rows = self._table.query(_partition(pool, window), "SLOT#")
        return {int(row["sk"].removeprefix("SLOT#")): _place(row) for row in rows}

    def find(self, slot: Slot) -> Place | None:
        """Return the place, None if nobody holds it."""
        row = self._table.get(*_key(slot))
        return _place(row) if row else None

    def swap(self, slot: Slot, seen: Place | None, place: Place, now: int) -> bool:
        """Put `place` where `seen` was read; False if it is so no more."""
        pk, sk = _key(slot)
        condition, values = (AS_SEEN, asdict(seen)) if seen else (FREE, {"now": now})
        try:
            if place.lapses_at <= now:
                self._table.delete(pk, sk, condition, values)
            else:
                row: Row = {"pk": pk, "sk": sk, **asdict(place), "lapses_at": place.lapses_at}
                self._table.put({**row, "ttl": place.lapses_at}, condition, values)
        except ConditionFailed:
            stored = self.find(slot)  # the SDK may have repeated a write whose answer was lost
            return stored == place if place.lapses_at > now else stored is None
        return True


def _place(row: Row) -> Place:
    return Place(**{name: row[name] for name in Place.__dataclass_fields__})


def _key(slot: Slot) -> tuple[str, str]:
    return _partition(slot.pool, slot.window), f"SLOT#{slot.number:02d}"


def _partition(pool: str, window: int) -> str:
    return f"PLACE#{pool}#{window}"
