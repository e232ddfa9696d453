"""Calls and their leases in the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import chain, islice
from json import dumps, loads
from typing import Any

from switchboard.domain.call import PENDING_SHARDS, Call, Lease, pending_shard
from switchboard.domain.errors import LeaseLost
from switchboard.domain.price import Totals
from switchboard.stores.dynamodb.table import ConditionFailed, Row, Table

AS_READ = "lease = :seen AND #status <> :closed"
HELD = "lease = :mine AND #host = :host AND #status = :followed"


class DynamoCalls:
    """The calls, one row each; the row's lease number is the fence."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def list(self, session_id: str) -> tuple[Call, ...]:
        """Return the session's calls, oldest first."""
        return tuple(map(call_of, self._table.query(f"SESSION#{session_id}", "CALL#")))

    def find(self, session_id: str, generation: int) -> Call | None:
        """Return the call attached at that generation, if there is one."""
        row = self._table.get(f"SESSION#{session_id}", f"CALL#{generation:08d}")
        return call_of(row) if row else None

    def claim(self, call: Call, host: str) -> Lease:
        """Take the lease of a call as it was read. Raise LeaseLost if another was faster or it is closed."""
        lease = Lease(call.session_id, call.generation, call.call_id, host, call.lease + 1)
        changes = {"lease": lease.number, "host": host, "status": "followed", "work": f"HOST#{host}"}
        try:
            self._update(lease, changes, AS_READ, {"seen": call.lease, "closed": "closed"})
        except LeaseLost:
            stored = self.find(call.session_id, call.generation)  # the SDK may have repeated the write
            if stored is None or (stored.status, stored.lease, stored.host) != (
                "followed",
                lease.number,
                host,
            ):
                raise
        return lease

    def attached(self, lease: Lease, credential: str, now: datetime) -> None:
        """Record that the sideband is on the call, and with which kind of key. Raise LeaseLost."""
        self._change(lease, {"credential": credential, "attached_at": now.isoformat()})

    def meter(self, lease: Lease, usage: Totals) -> None:
        """Store what the call has used by now, in place of what was stored. Raise LeaseLost."""
        self._change(lease, {"usage": dumps(usage)})

    def release(self, lease: Lease, now: datetime) -> None:
        """Give the lease back so that any host may claim the call at once; a repeat changes nothing."""
        since = now.isoformat()
        changes = {"work": _pending(lease.session_id), "due": since, "released_at": since}
        try:
            self._change(lease, {"status": "pending", "host": None, **changes})
        except LeaseLost:
            call = self.find(lease.session_id, lease.generation)
            if call is None or call.status != "pending" or call.lease != lease.number:
                raise

    def close(self, lease: Lease, reason: str, now: datetime) -> None:
        """Record that the call is over. Raise LeaseLost; closing a closed call changes nothing."""
        changes = {"status": "closed", "reason": reason, "closed_at": now.isoformat(), "work": None}
        try:
            self._change(lease, changes)
        except LeaseLost:
            call = self.find(lease.session_id, lease.generation)
            if call is None or call.status != "closed" or call.lease != lease.number:
                raise

    def list_pending(
        self, limit: int, until: datetime | None = None, shard: int | None = None
    ) -> tuple[Call, ...]:
        """Return up to `limit` calls that no host follows, those that wait longest first in each shard."""
        wanted = range(PENDING_SHARDS) if shard is None else (shard,)
        share = -(-limit // len(wanted))
        last = until.isoformat() if until else None
        shards = (self._work(f"PENDING#{each}", share, last) for each in wanted)
        return tuple(islice(chain.from_iterable(shards), limit))

    def list_of_host(self, host: str, limit: int) -> tuple[Call, ...]:
        """Return up to `limit` calls whose lease that host holds."""
        return tuple(self._work(f"HOST#{host}", limit))

    def _work(self, work: str, limit: int, until: str | None = None) -> Iterator[Call]:
        """Yield calls, a megabyte of rows at a time."""
        due = ("due", until) if until else None
        after: Row | None = None
        while limit > 0:
            rows, after = self._table.query_index("work", "work", work, limit, after=after, until=due)
            yield from map(call_of, rows)
            limit -= len(rows)
            if after is None:
                return

    def _change(self, lease: Lease, changes: dict[str, Any]) -> None:
        values = {"mine": lease.number, "host": lease.host, "followed": "followed"}
        # Both attributes are named in every change, because the condition speaks of them.
        self._update(lease, {"status": "followed", "host": lease.host, **changes}, HELD, values)

    def _update(self, lease: Lease, changes: dict[str, Any], condition: str, values: dict[str, Any]) -> None:
        key = f"SESSION#{lease.session_id}", f"CALL#{lease.generation:08d}"
        try:
            self._table.update(*key, changes, condition, values)
        except ConditionFailed as error:
            raise LeaseLost("Another host follows this call, or it is closed.") from error


def call_row(call: Call, ttl: int) -> Row:
    """Return the row of a call; a pending one is in the index of work until a host claims it."""
    row: Row = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(call).items()
    }
    row["usage"] = dumps(call.usage) if call.usage is not None else None
    row["places"] = " ".join(call.places) or None
    key = {"pk": f"SESSION#{call.session_id}", "sk": f"CALL#{call.generation:08d}"}
    return {**row, **key, "work": _pending(call.session_id), "due": row["created_at"], "ttl": ttl}


def call_of(row: Row) -> Call:
    """Return the call of a row."""
    fields = {name: row[name] for name in Call.__dataclass_fields__ if name in row}
    for name in ("created_at", "attached_at", "closed_at", "released_at"):
        if name in fields:
            fields[name] = datetime.fromisoformat(fields[name])
    if "usage" in fields:
        fields["usage"] = loads(fields["usage"])
    fields["places"] = tuple(fields.get("places", "").split())
    return Call(**fields)


def _pending(session_id: str) -> str:
    return f"PENDING#{pending_shard(session_id)}"
