"""The viewers of sessions in the table: as many slots a session as may watch, each taken by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.viewers import Room, Viewer
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

FREE = "attribute_not_exists(pk) OR free_at <= :now"
MINE = "attribute_not_exists(pk) OR viewer_id = :mine"


class DynamoViewers:
    """The viewers. A slot is free when its row is missing or its time is over."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def require(self, viewer: Viewer, besides: str | None) -> None:
        """Raise TooManyViewers if as many watch as may, not counting the viewer of the id `besides`."""
        for room in viewer.rooms():
            if sum(row["viewer_id"] != besides for row in self._slots(room.name)) >= room.places:
                raise room.refusal()

    def add(self, viewer: Viewer) -> None:
        """Let the viewer watch. Raise TooManyViewers, with no place taken, if as many do as may."""
        for room in viewer.rooms():
            if not self._take(room, viewer):
                self.remove(viewer)
                raise room.refusal()

    def list(self, session_id: str) -> tuple[Viewer, ...]:
        """Return those who watch the session now."""
        return tuple(_viewer(row, session_id) for row in self._slots(session_id))

    def remove(self, viewer: Viewer) -> None:
        """Forget the viewer; one who has gone already is fine."""
        for room in viewer.rooms():
            for row in self._slots(room.name):
                if row["viewer_id"] == viewer.id:
                    with suppress(ConditionFailed):  # the slot is another's already
                        self._table.delete(row["pk"], row["sk"], MINE, {"mine": viewer.id})

    def _take(self, room: Room, viewer: Viewer) -> bool:
        now = int(self._clock().timestamp())
        taken = {row["sk"] for row in self._slots(room.name)}
        for slot in map(_slot, range(room.places)):
            if slot not in taken:
                with suppress(ConditionFailed):  # somebody else was faster
                    self._table.put(_row(viewer, room, slot), FREE, {"now": now})
                    return True
        return False

    def _slots(self, room: str) -> Iterator[Row]:
        return self._table.query(f"VIEWERS#{room}", "SLOT#")


def _slot(number: int) -> str:
    return f"SLOT#{number:02d}"


def _viewer(row: Row, session_id: str) -> Viewer:
    until = datetime.fromisoformat(row["until"])
    return Viewer(row["viewer_id"], session_id, row["mailbox"], until, row.get("network"))


def _row(viewer: Viewer, room: Room, slot: str) -> Row:
    until = int(viewer.until.timestamp())
    return {
        "pk": f"VIEWERS#{room.name}",
        "sk": slot,
        "viewer_id": viewer.id,
        "mailbox": viewer.mailbox,
        "network": viewer.network,
        "until": viewer.until.isoformat(),
        "free_at": until,
        "ttl": until,
    }
