"""What browsers report of sessions, in the table: the lines of each log, and apart from them its name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from json import dumps, loads
from zlib import compress, decompress

from switchboard.domain import limits
from switchboard.domain.transcript import Item, Report, from_entry, to_entry
from switchboard.stores.dynamodb.table import Table


class DynamoReports:
    """The reports. They live as long as the logs that they were read out of."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, session_id: str, log_id: str, received_at: datetime, items: Sequence[Item]) -> None:
        """Keep what the log reports, and that it is the session's; the same log again changes nothing."""
        if log_id in self.log_ids(session_id, limits.SESSION_LOGS_MAX):
            return
        ttl = int((received_at + timedelta(days=limits.LOG_DAYS)).timestamp())
        name = f"{received_at.isoformat(timespec='microseconds')}#{log_id}"
        pk = f"REPORT#{session_id}"
        if items:
            lines = dumps([to_entry(item) for item in items], separators=(",", ":"))
            self._table.put({"pk": pk, "sk": f"LINES#{name}", "lines": compress(lines.encode()), "ttl": ttl})
        self._table.put({"pk": pk, "sk": f"LOG#{name}", "ttl": ttl})

    def list(self, session_id: str) -> tuple[Report, ...]:
        """Return the newest reports, newest first."""
        rows = self._table.query(f"REPORT#{session_id}", "LINES#", newest_first=True, page=limits.REPORTS_MAX)
        return tuple(
            tuple(map(from_entry, loads(decompress(row["lines"]))))
            for row in islice(rows, limits.REPORTS_MAX)
        )

    def log_ids(self, session_id: str, limit: int) -> tuple[str, ...]:
        """Return the ids of the session's newest logs, newest first."""
        rows = self._table.query(f"REPORT#{session_id}", "LOG#", newest_first=True, page=limit)
        return tuple(row["sk"].rpartition("#")[2] for row in islice(rows, limit))
