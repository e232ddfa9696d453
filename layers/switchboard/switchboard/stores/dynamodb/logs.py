"""Logs in the table: a record, the content in compressed pieces, and the summaries of parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from json import dumps, loads
from typing import Any
from zlib import compress, decompress

from switchboard.domain import limits
from switchboard.domain.errors import NotFound
from switchboard.domain.log import Log, LogPart
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table


class DynamoLogs:
    """The logs. The content is written first and the record last: a log that is there is there whole."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, log_id: str) -> Log | None:
        """Return the log, whoever owns it, if there is one."""
        row = self._table.get(f"LOG#{log_id}", "LOG")
        return _log_of(row) if row else None

    def add(self, log: Log, content: Mapping[str, Any]) -> bool:
        """Keep a log and its content, whole; False if a log of that id is there."""
        packed = compress(dumps(content, separators=(",", ":")).encode())
        size = limits.LOG_CONTENT_BYTES
        for number, start in enumerate(range(0, len(packed), size)):
            piece = {"piece": packed[start : start + size], "ttl": _ttl(log)}
            self._table.put({"pk": f"LOG#{log.id}", "sk": f"CONTENT#{number:04d}", **piece})
        try:
            self._table.put(_row(log), "attribute_not_exists(pk)")
        except ConditionFailed:
            return False
        return True

    def content(self, log_id: str) -> Mapping[str, Any]:
        """Return what was in the log. Raise NotFound."""
        packed = b"".join(row["piece"] for row in self._table.query(f"LOG#{log_id}", "CONTENT#"))
        if not packed:
            raise NotFound("There is no such log.")
        content: dict[str, Any] = loads(decompress(packed))
        return content

    def save(self, log: Log) -> None:
        """Store what has become of a log."""
        self._table.put(_row(log))

    def add_part(self, log_id: str, number: int, part: LogPart) -> None:
        """Keep the summary of one part; the same again changes nothing."""
        log = self.find(log_id)
        if log:
            key = {"pk": f"LOG#{log_id}", "sk": f"PART#{number:04d}"}
            self._table.put({**key, **asdict(part), "ttl": _ttl(log)})

    def list_parts(self, log_id: str) -> tuple[LogPart, ...]:
        """Return the summaries in the log's order."""
        rows = self._table.query(f"LOG#{log_id}", "PART#")
        return tuple(LogPart(row["summary"], row["suspicious"]) for row in rows)


def _row(log: Log) -> Row:
    row: dict[str, Any] = {**asdict(log), "received_at": log.received_at.isoformat()}
    row["analytics"] = dumps(log.analytics)
    # `owner` would put the row into the index of an owner's sessions.
    row["whose"] = row.pop("owner")
    return {**row, "pk": f"LOG#{log.id}", "sk": "LOG", "ttl": _ttl(log)}


def _log_of(row: Row) -> Log:
    fields = {name: row[name] for name in Log.__dataclass_fields__ if name in row}
    fields |= {name: None for name in ("session_id", "summary", "outcome", "error") if name not in row}
    fields["owner"] = row["whose"]
    fields["received_at"] = datetime.fromisoformat(row["received_at"])
    fields["analytics"] = loads(row["analytics"])
    return Log(**fields)


def _ttl(log: Log) -> int:
    return int((log.received_at + timedelta(days=limits.LOG_DAYS)).timestamp())
