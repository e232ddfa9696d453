"""The viewers of sessions in the table: as many slots a session as may watch, each taken by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from switchboard.domain import limits
from switchboard.domain.ports.surroundings import Clock
from switchboard.domain.viewers import Viewer, too_many
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

FREE = "attribute_not_exists(pk) OR free_at <= :now"
MINE = "attribute_not_exists(pk) OR viewer_id = :mine"


class DynamoViewers:
    """The viewers. A slot is free when its row is missing or its time is over."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, viewer: Viewer) -> None:
        """Let the viewer watch. Raise TooManyViewers if as many do as may."""
        now = int(self._clock().timestamp())
        taken = {row["sk"] for row in self._slots(viewer.session_id)}
        for slot in map(_slot, range(limits.VIEWERS_MAX)):
            if slot not in taken:
                try:
                    return self._table.put(_row(viewer, slot), FREE, {"now": now})
                except ConditionFailed:
                    continue  # somebody else was faster
        raise too_many()

    def list(self, session_id: str) -> tuple[Viewer, ...]:
        """Return those who watch the session now."""
        return tuple(
            Viewer(row["viewer_id"], session_id, row["mailbox"], datetime.fromisoformat(row["until"]))
            for row in self._slots(session_id)
        )

    def remove(self, viewer: Viewer) -> None:
        """Forget the viewer; one who has gone already is fine."""
        for row in self._slots(viewer.session_id):
            if row["viewer_id"] == viewer.id:
                try:
                    self._table.delete(row["pk"], row["sk"], MINE, {"mine": viewer.id})
                except ConditionFailed:
                    return  # the slot is another's already

    def _slots(self, session_id: str) -> Iterator[Row]:
        return self._table.query(f"VIEWERS#{session_id}", "SLOT#")


def _slot(number: int) -> str:
    return f"SLOT#{number:02d}"


def _row(viewer: Viewer, slot: str) -> Row:
    until = int(viewer.until.timestamp())
    return {
        "pk": f"VIEWERS#{viewer.session_id}",
        "sk": slot,
        "viewer_id": viewer.id,
        "mailbox": viewer.mailbox,
        "until": viewer.until.isoformat(),
        "free_at": until,
        "ttl": until,
    }
