"""The audit of sessions in the table."""

from __future__ import annotations

from datetime import datetime, timedelta
from json import dumps, loads
from secrets import token_hex

from switchboard.domain import limits
from switchboard.domain.audit import AuditEntry
from switchboard.stores.dynamodb.table import Table


class DynamoAudits:
    """The audits: rows of the session's own partition, in the order of their time."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, session_id: str, entry: AuditEntry) -> None:
        """Keep the entry as long as a session is kept."""
        self._table.put(
            {
                "pk": f"SESSION#{session_id}",
                "sk": f"AUDIT#{entry.at.isoformat(timespec='microseconds')}#{token_hex(4)}",
                "event": entry.event,
                "facts": dumps(dict(entry.facts)),
                "at": entry.at.isoformat(),
                "ttl": int((entry.at + timedelta(days=limits.SESSION_DAYS)).timestamp()),
            }
        )

    def list(self, session_id: str, limit: int) -> tuple[AuditEntry, ...]:
        """Return the newest `limit` entries, oldest first."""
        rows = self._table.query(f"SESSION#{session_id}", "AUDIT#", newest_first=True, page=limit)
        newest = [row for _, row in zip(range(limit), rows, strict=False)]
        return tuple(
            AuditEntry(datetime.fromisoformat(row["at"]), row["event"], loads(row["facts"]))
            for row in reversed(newest)
        )
